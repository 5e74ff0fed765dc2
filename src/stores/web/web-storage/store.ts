import type { Capabilities } from '../../../store/capabilities.ts'
import type { CommitRules } from '../../../store/check-commit.ts'
import { logStore } from '../../../store/log-store.ts'
import { Running } from '../../../store/running.ts'
import type { EventStore } from '../../../store/store.ts'
import { acrossTabs, withinTab } from '../changes.ts'
import type { LocksLike } from './head-locks.ts'
import type { StorageLike } from './storage.ts'
import { StorageLog } from './storage-log.ts'
import { TabTurns } from './tab-turns.ts'
import { inThisThread, type Turns } from './turns.ts'

/** A log in a Web Storage; `await using` closes it. */
export interface WebStorageStore extends EventStore, AsyncDisposable {
  readonly watch: NonNullable<EventStore['watch']>
  /**
   * Whether conditions hold against commits of other tabs too: only in `localStorage`, and only where
   * the browser has Web Locks.
   */
  readonly acrossTabs: boolean
}

export const capabilities: Capabilities = {
  totalOrder: true,
  atomicReads: true,
  anyBoundary: true,
  transactions: false,
  watch: true,
  limits: { eventBytes: 4 * 1024 * 1024, commitEvents: 10_000 },
}

export interface WebStorageSettings {
  readonly storage: StorageLike
  readonly namespace: string
  readonly rules: CommitRules
  /** Whether other tabs have this storage too. */
  readonly isShared: boolean
  /** What keeps the tabs in turn. Default is nothing. */
  readonly locks?: LocksLike | undefined
}

/** How long other tabs may still need to see what was written last, in milliseconds. */
const AFTERMATH = 5000

/** The contract, kept on a storage. */
export function createStore(settings: WebStorageSettings): WebStorageStore {
  const { storage, namespace, rules, isShared, locks } = settings
  const running = new Running()
  const changes = isShared ? acrossTabs(`eventfold-storage/${namespace}`) : withinTab(storage)
  const log = new StorageLog({
    storage,
    namespace,
    codec: rules.codec,
    onCleared: () => {
      turns.letGo()
      changes.notice()
    },
  })
  const turns: Turns = locks
    ? new TabTurns(log, namespace, locks, () => changes.announce())
    : inThisThread(log)
  /** Who is told of nothing until the next call would keep others waiting for what was cleared. */
  const check = (): void => {
    try {
      log.checkEvidence()
    } catch {
      // The next call says so.
    }
  }
  const stopHearing = isShared
    ? hearStorage(namespace, () => {
        turns.wake()
        changes.notice()
        check()
      })
    : () => {}
  if (locks) changes.add(check)

  const write = <Done>(what: string, work: () => Done, signal?: AbortSignal): Promise<Done> =>
    running.run(what, async () => {
      let isNew = false
      try {
        return await turns.write(() => {
          const before = log.count
          const done = work()
          isNew = log.count > before
          return done
        }, signal)
      } finally {
        // Not before the other tabs know how far to look.
        if (isNew) changes.announce()
      }
    })

  const close = async (): Promise<void> => {
    await running.end()
    stopHearing()
    changes.stop()
    const timer: unknown = setTimeout(() => turns.letGo(), AFTERMATH)
    // In Node it would keep the process alive.
    ;(timer as { unref?: () => void }).unref?.()
  }

  return {
    capabilities,
    acrossTabs: locks !== undefined,
    ...logStore(
      rules,
      (what) => running.assertOpen(what),
      (see) => running.run('read', async () => await turns.look(see)),
      (commit, signal) => write('commit', () => log.commit(commit), signal),
      (ids) => write('remove', () => log.remove(ids)),
    ),
    watch: (listener) => {
      running.assertOpen('watch')
      return changes.add(listener)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Hears what other tabs do to the storage. Returns the function that ends it. */
function hearStorage(namespace: string, listener: () => void): () => void {
  if (typeof addEventListener === 'undefined') return () => {}
  const hear = ({ key }: StorageEvent): void => {
    if (key === null || key.slice(0, key.lastIndexOf('/')) === namespace) listener()
  }
  addEventListener('storage', hear)
  return () => removeEventListener('storage', hear)
}
