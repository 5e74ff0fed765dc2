import { backOff } from '../client/resend.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { createBell } from './bell.ts'
import { LeaseLost, LeaseSeeker, type Lease } from './lease.ts'
import type { OutboxMessage, Publisher } from './publisher.ts'
import { OrderedReader, type OutboxReader } from './reader.ts'
import { RoundReader } from './round-reader.ts'

/** How often a store may fail in a row before a relay gives up that does not work for ever. */
const PATIENCE = 5

/** What `onError` is told. */
export interface RelayProblem {
  /** What the publisher or the store said. */
  readonly error: unknown
  /** The message that could not be published. Absent where the store failed. */
  readonly message?: OutboxMessage
}

/** What `drain` has done. A message that was held back counts in neither. */
export interface Drained {
  readonly published: number
  readonly failed: number
}

interface Work {
  readonly store: EventStore
  readonly publisher: Publisher
  readonly name: string
  readonly batchSize: number
  readonly pollInterval: number
  /** Of the lease. */
  readonly duration: number
  readonly report: (problem: RelayProblem) => void
  readonly end: AbortSignal
  /** Goes on until its end, and tries again what has failed. */
  readonly isForever: boolean
}

/** Gets the lease, publishes until there is nothing more to do, and gives it back. */
export async function work(options: Work): Promise<Drained> {
  const { store, name, pollInterval, duration, report, end, isForever } = options
  const bell = createBell()
  const counts = { published: 0, failed: 0 }
  const leasing = { store, name, duration, report: (error: unknown) => report({ error }) }
  const seeker = new LeaseSeeker(leasing)
  let held: { readonly lease: Lease; readonly reader: OutboxReader } | undefined
  let failures = 0

  const read = async ({ lease, reader }: NonNullable<typeof held>): Promise<boolean> => {
    if (lease.lost.aborted) throw new LeaseLost()
    const retried = isForever && (await reader.retry())
    const isMore = await reader.next()
    failures = 0
    if (retried || isMore) return true
    if (!isForever) return false
    const pause = Math.max(0, Math.min(pollInterval, reader.retryAt - performance.now()))
    await bell.wait(pause, end, lease.lost)
    return true
  }

  const seek = async (): Promise<boolean> => {
    const lease = await seeker.attempt()
    if (lease) held = { lease, reader: readerWith(lease) }
    else if (!isForever && seeker.isAlive) return false
    else await createBell().wait(Math.min(pollInterval, duration / 4), end)
    return true
  }

  const readerWith = (lease: Lease): OutboxReader =>
    new (store.capabilities.totalOrder ? OrderedReader : RoundReader)({
      ...options,
      lease,
      bell,
      counts,
      report: (error, message) => report({ error, message }),
    })

  const step = async (): Promise<boolean> => {
    try {
      return await (held ? read(held) : seek())
    } catch (error) {
      if (error instanceof LeaseLost) {
        held = undefined
        return true
      }
      failures += 1
      const mayPass = isEventfoldError(error) && error.retryable
      if (!mayPass || (!isForever && failures >= PATIENCE)) throw error
      report({ error })
      // A signal that ends the pause ends the work.
      await backOff(failures, end).catch(() => {})
      return true
    }
  }

  const stopWatching = isForever ? store.watch?.(bell.ring) : undefined
  try {
    while (!end.aborted && (await step()));
  } finally {
    stopWatching?.()
    await held?.lease.release()
  }
  return counts
}
