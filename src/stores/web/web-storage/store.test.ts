import { describe, it } from 'vitest'
import { conformance } from '../../../conformance/index.ts'
import { jsonCodec } from '../../../store/json.ts'
import { openWebStorage } from './index.ts'
import { MapStorage } from './map-storage.fixture.ts'

conformance(
  { describe, it },
  {
    name: 'Web Storage',
    // The laws ask for plain JSON unless they say otherwise.
    open: ({ codec = jsonCodec }) => {
      const storage = new MapStorage()
      const reopen = () => openWebStorage({ storage, namespace: 'log', codec })
      return { store: reopen(), reopen }
    },
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)
