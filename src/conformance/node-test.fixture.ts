import { describe, it } from 'node:test'
import { MemoryEventStore } from 'eventfold'
import { conformance } from 'eventfold/conformance'

conformance(
  { describe, it },
  {
    name: 'memory',
    open: (options) => ({ store: new MemoryEventStore(options) }),
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
    writers: 3,
    rounds: 3,
  },
)
