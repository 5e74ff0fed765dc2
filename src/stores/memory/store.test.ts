import { describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { MemoryEventStore } from './store.ts'

conformance(
  { describe, it },
  {
    name: 'memory',
    open: (options) => ({ store: new MemoryEventStore(options) }),
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)
