import { UnsupportedError } from '../../store/errors.ts'
import { narrow } from '../../store/narrow.ts'
import { show } from '../../store/show.ts'
import type { Stream, Streams } from '../../store/stream.ts'
import { aggregatePartition, keyPartition } from './keys.ts'

/** Which keys of data an event is filed under. */
export interface Filing {
  readonly isIdentifier: (key: string) => boolean
  /** The identifier that has copies, but no head: too many events share it. */
  readonly partitionKey: string | undefined
}

/** Partitions that together hold every event of a stream. */
export interface Boundary {
  readonly pks: readonly string[]
  /** Whether conditions can guard it. */
  readonly hasHeads: boolean
}

/** The streams to read or to guard: `'all'` is refused. */
export function listOf(streams: Streams): readonly Stream[] {
  if (streams !== 'all') return streams
  throw new UnsupportedError(
    "DynamoDB has no order of the whole log, so it cannot read or guard 'all'. Read streams that name an identifier, and follow everything with DynamoDB Streams (eventfold/streams).",
  )
}

/**
 * The boundaries of a stream, of which any one will do, the best first: its aggregate, then the shortest
 * list of keys. None where it names neither.
 */
export function boundariesOf(stream: Stream, { isIdentifier, partitionKey }: Filing): Boundary[] {
  const { aggregate, filter = {} } = stream
  const isPartition = (name: string): boolean => name === partitionKey
  const of = (names: (name: string) => boolean): Boundary[] =>
    narrow(Object.keys(filter).length ? { filter } : {}, names).keys.map((keys) => ({
      pks: keys.map(keyPartition),
      hasHeads: names !== isPartition,
    }))
  return [
    ...(aggregate ? [{ pks: [aggregatePartition(aggregate)], hasHeads: true }] : []),
    ...of((name) => isIdentifier(name) && !isPartition(name)),
    ...of(isPartition),
  ]
}

/** The boundaries of a stream that conditions can guard, the best first. */
export function guardsOf(stream: Stream, filing: Filing): Boundary[] {
  const guards = boundariesOf(stream, filing).filter(({ hasHeads }) => hasHeads)
  if (guards.length > 0) return guards
  throw new UnsupportedError(
    `DynamoDB can only guard a stream whose filter says which value an identifier has, or one of which values, found ${show(stream)}. Add such an entry, name an aggregate, or open the store with the key among its identifiers.`,
  )
}
