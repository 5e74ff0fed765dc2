import type { MemoryLog } from '../../../store/memory-log.ts'
import type { StorageLog } from './storage-log.ts'

/** When calls get at the log. */
export interface Turns {
  readonly look: <Seen>(see: (log: MemoryLog) => Seen) => Seen | Promise<Seen>
  /** Nobody else reads or writes while the work is done. */
  readonly write: <Done>(work: () => Done, signal?: AbortSignal) => Done | Promise<Done>
  /** The storage has changed, or the log was taken away. */
  readonly wake: () => void
  readonly letGo: () => void
}

/** At once: one thread does one thing at a time. */
export function inThisThread(log: StorageLog): Turns {
  return {
    look: (see) => {
      log.catchUp()
      return see(log.memory)
    },
    write: (work) => {
      log.catchUp()
      return work()
    },
    wake: () => {},
    letGo: () => {},
  }
}
