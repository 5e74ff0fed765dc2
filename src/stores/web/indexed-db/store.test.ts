import { describe, it } from 'vitest'
import { conformance } from '../../../conformance/index.ts'
import { jsonCodec } from '../../../store/json.ts'
import { newName, opened } from './databases.fixture.ts'

conformance(
  { describe, it },
  {
    name: 'IndexedDB',
    open: (options) => {
      const name = newName()
      const reopen = () => opened({ name, codec: jsonCodec, ...options })
      return { store: reopen(), reopen }
    },
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)
