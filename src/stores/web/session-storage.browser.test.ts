import { describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { jsonCodec } from '../../store/json.ts'
import { freshName, removeLog } from './fresh.fixture.ts'
import { openWebStorage } from './web-storage/index.ts'

conformance(
  { describe, it },
  {
    name: 'sessionStorage in Chromium',
    open: (options) => {
      const storage = sessionStorage
      const namespace = freshName()
      const reopen = () => openWebStorage({ codec: jsonCodec, ...options, storage, namespace })
      return { store: reopen(), reopen, remove: () => removeLog(storage, namespace) }
    },
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)
