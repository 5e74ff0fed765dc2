import { checkStreams } from './check-streams.ts'
import { AbortedError, ArgumentError } from './errors.ts'
import { checkLimit } from './query-documents.ts'
import type { LoadOptions, ReadOptions } from './store.ts'
import type { Streams } from './stream.ts'

/** Refuses a read that could not be meant, or that was aborted before it began. */
export function checkRead(streams: Streams, options: ReadOptions): void {
  checkStreams(streams, 'read')
  checkLimit(options.limit)
  throwIfAborted(options.signal, 'the read')
}

/** Refuses a load that could not be meant, or that was aborted before it began. */
export function checkLoad(streams: Streams, options: LoadOptions): void {
  checkStreams(streams, 'read')
  for (const version of [options.fromVersion, options.toVersion]) {
    if (version === undefined) continue
    if (!Number.isSafeInteger(version) || version < 0) {
      throw new ArgumentError(`a version is a whole number from 0, found ${version}`)
    }
    if (streams === 'all' || streams.some((stream) => stream.aggregate === undefined)) {
      throw new ArgumentError('fromVersion and toVersion are for streams of an aggregate: name it')
    }
  }
  throwIfAborted(options.signal, 'the read')
}

/** Throws `ABORTED` where the signal has ended the call before anything was sent. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new AbortedError(what, signal)
}
