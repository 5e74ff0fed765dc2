import { checkStreams } from './check-streams.ts'
import { checkWhole, refuse } from './check-value.ts'
import { AbortedError } from './errors.ts'
import { checkLimit } from './query-documents.ts'
import { show } from './show.ts'
import type { LoadOptions, ReadOptions } from './store.ts'
import type { After, Streams } from './stream.ts'

/** Refuses a read that could not be meant, or that was aborted before it began. */
export function checkRead(streams: Streams, options: ReadOptions): void {
  checkStreams(streams, 'read')
  checkAfter(options.after, 'the read')
  checkLimit(options.limit)
  throwIfAborted(options.signal, 'the read')
}

/** Refuses a load that could not be meant, or that was aborted before it began. */
export function checkLoad(streams: Streams, options: LoadOptions): void {
  checkStreams(streams, 'read')
  checkAfter(options.after, 'the read')
  for (const name of ['fromVersion', 'toVersion'] as const) {
    const version = options[name]
    if (version === undefined) continue
    checkWhole(version, `the read: ${name}`)
    if (streams === 'all' || streams.some((stream) => stream.aggregate === undefined)) {
      refuse(`the read: ${name} is for streams of an aggregate: name one in every stream`)
    }
  }
  throwIfAborted(options.signal, 'the read')
}

/** Refuses what is neither a cursor nor an event's id. Whether the log knows it is for the store to say. */
export function checkAfter(after: After | undefined, what: string): void {
  if (after === undefined || typeof after === 'string') return
  if (typeof after === 'object' && typeof after?.eventId === 'string') return
  refuse(
    `${what}: after is a cursor or { eventId }, found ${show(after)}: leave it out to start at the beginning`,
  )
}

/** Throws `ABORTED` where the signal has ended the call before anything was sent. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new AbortedError(what, signal)
}
