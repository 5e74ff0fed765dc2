import { ArgumentError, UnsupportedError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import type { Stream } from '../../store/stream.ts'
import { boundariesOf, type Boundary, type Filing } from './boundary.ts'
import type { Vector } from './vector.ts'

/** Where the events of a stream may be read: in any one of the boundaries, or else by type. */
export interface Candidate {
  readonly boundaries: readonly [Boundary, ...Boundary[]] | readonly []
  readonly types: readonly string[]
}

/** What is read for streams, each once. */
export interface Chosen {
  /** Partitions with a head. A cursor names them. */
  readonly guarded: ReadonlySet<string>
  /** Partitions without a head. */
  readonly loose: ReadonlySet<string>
  readonly types: ReadonlySet<string>
}

/** Where each stream may be read. Refuses a stream that can only be found by looking at everything. */
export function candidatesOf(streams: readonly Stream[], filing: Filing): Candidate[] {
  return streams.flatMap((stream): Candidate[] => {
    const { types, aggregate } = stream
    if (types?.length === 0) return []
    const [best, ...others] = boundariesOf(stream, filing)
    // An aggregate is read in its own partition, where versions order.
    if (best) return [{ boundaries: [best, ...(aggregate ? [] : others)], types: [] }]
    if (types) return [{ boundaries: [], types }]
    throw new UnsupportedError(
      `DynamoDB finds events by identifier, aggregate or type, and this stream names none: ${show(stream)}. Add types or such an entry of the filter, or open the store with the key among its identifiers.`,
    )
  })
}

/** As {@link candidatesOf}, but only where the cursor has been. */
export function candidatesSeen(
  streams: readonly Stream[],
  filing: Filing,
  vector: Vector,
): Candidate[] {
  return streams.flatMap((stream) =>
    candidatesOf([stream], filing).map(({ boundaries }): Candidate => {
      const guarded = boundaries.filter(({ hasHeads }) => hasHeads)
      if (guarded.length === 0) {
        throw new UnsupportedError(
          `A cursor of DynamoDB says nothing of a stream without identifier and aggregate: ${show(stream)}. Read on after { eventId }, the event seen last.`,
        )
      }
      const [best, ...others] = guarded.filter(({ pks }) => pks.every((pk) => vector.has(pk)))
      if (best) return { boundaries: [best, ...others], types: [] }
      throw new ArgumentError(
        `after: the cursor has not seen ${show(stream)}, only ${show([...vector.keys()])}. Use the cursor of a load of the same streams.`,
      )
    }),
  )
}

/** The partitions with heads that may be chosen, where counting their events can help to choose. */
export function headsToRead(candidates: readonly Candidate[]): string[] {
  return [
    ...new Set(
      candidates.flatMap(({ boundaries }) =>
        shortlist(boundaries).flatMap(({ pks, hasHeads }) => (hasHeads ? pks : [])),
      ),
    ),
  ]
}

/** One boundary for each stream: one that is read anyway, else the one with the fewest events. */
export function choose(
  candidates: readonly Candidate[],
  countOf: (pk: string) => number = () => 0,
): Chosen {
  const guarded = new Set<string>()
  const loose = new Set<string>()
  const isRead = ({ pks }: Boundary): boolean => pks.every((pk) => guarded.has(pk) || loose.has(pk))
  const sizeOf = ({ pks }: Boundary): number => pks.reduce((sum, pk) => sum + countOf(pk), 0)
  for (const { boundaries } of candidates.toSorted(
    (a, b) => a.boundaries.length - b.boundaries.length,
  )) {
    const some = shortlist(boundaries)
    const [first, ...others] = some
    if (!first || some.some(isRead)) continue
    const best = others.reduce((a, b) => (sizeOf(b) < sizeOf(a) ? b : a), first)
    for (const pk of best.pks) (best.hasHeads ? guarded : loose).add(pk)
  }
  return { guarded, loose, types: new Set(candidates.flatMap(({ types }) => types)) }
}

/** The boundaries of one partition each, or the best one. */
function shortlist(boundaries: readonly Boundary[]): readonly Boundary[] {
  const heads = boundaries.filter(({ hasHeads }) => hasHeads)
  const single = heads.filter(({ pks }) => pks.length <= 1)
  if (single.length > 0) return single
  return (heads.length > 0 ? heads : boundaries).slice(0, 1)
}
