import { after, checkStreams } from './check-streams.ts'
import { filled, list, name, object, optional, refuse, whole, type Check } from './check-value.ts'
import { AbortedError } from './errors.ts'
import { checkLimit } from './query-documents.ts'
import type { LoadOptions, ReadOptions } from './store.ts'
import type { Streams } from './stream.ts'

/** A key, and what it stands for. */
export const idempotency: Check = optional(object({ key: name }, { fingerprint: filled }))

const ids = list(filled)

/** Refuses a read that could not be meant, or that was aborted before it began. */
export function checkRead(streams: Streams, options: ReadOptions): void {
  checkStreams(streams, 'read')
  after(options.after, ['after'])
  checkLimit(options.limit)
  throwIfAborted(options.signal, 'the read')
}

/** Refuses a load that could not be meant, or that was aborted before it began. */
export function checkLoad(streams: Streams, options: LoadOptions): void {
  checkRead(streams, options)
  idempotency(options.idempotency, ['idempotency'])
  for (const key of ['fromVersion', 'toVersion'] as const) {
    const version = options[key]
    if (version === undefined) continue
    whole(version, [key])
    if (streams === 'all' || !streams.every(({ aggregate }) => aggregate)) {
      refuse([key], 'streams that all name an aggregate', streams)
    }
  }
}

/** Refuses names that no document has. */
export function checkDocumentName(type: string, id: string): void {
  name(type, ['type'])
  name(id, ['id'])
}

/** Refuses what is no list of ids. */
export function checkIds(given: readonly string[]): void {
  ids(given, ['ids'])
}

/** Throws `ABORTED` where the signal has ended the call before anything was sent. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new AbortedError(what, signal)
}
