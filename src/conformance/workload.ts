import type { Commit } from '../store/commit.ts'
import type { DocumentQuery, DocumentWrite } from '../store/document.ts'
import type { Stream, Streams } from '../store/stream.ts'
import { numbers } from './samples.ts'

/** Where a step goes on: what an earlier step got, by its number, what is now, or nothing. */
export type From =
  | { readonly now: true }
  | { readonly cursor: number }
  | { readonly event: number }
  | { readonly nowhere: true }

/** A commit whose cursors are still to be filled in. */
export interface PlannedCommit extends Omit<Commit, 'conditions' | 'documents'> {
  readonly conditions: readonly { readonly streams: Streams; readonly from: From }[]
  readonly documents: readonly {
    readonly write: DocumentWrite
    readonly from: From
  }[]
}

/** One step of a workload: data, so that a failing one can be printed, kept and run again. */
export type Step =
  /** Commits that are sent at once. */
  | { readonly do: 'commit'; readonly commits: readonly PlannedCommit[] }
  /** A commit of before, sent again. */
  | { readonly do: 'again'; readonly commit: number }
  | { readonly do: 'load'; readonly streams: Streams; readonly from: From; readonly key?: string }
  | {
      readonly do: 'read'
      readonly streams: Streams
      readonly from: From
      readonly limit?: number
      readonly backwards: boolean
    }
  | { readonly do: 'query'; readonly query: DocumentQuery }
  | { readonly do: 'outbox'; readonly limit: number; readonly remove: number }

export type Workload = readonly Step[]

const cartIds = ['a', 'b', '🛒', 'a'] as const
const values = [1, 'a', 2, 'b', 0, true, '1', -0.5, 'é', '\uffff', '😀', false, 2 ** 53, '']
const types = ['ADDED', 'REMOVED', 'PAID'] as const
const fields = ['userId', 'size', 'note_id', 'note', 'userId', 'nowhere'] as const
const guards = ['any', 'absent', 'present', 'newer', 'not-older'] as const
const aggregates = [
  { type: 'cart', id: 'a' },
  { type: 'cart', id: 'b' },
  { type: 'order', id: 'a' },
]

/** Turns a list of numbers into choices. Where it ends, the first choice is taken: the simplest. */
class Choices {
  readonly #numbers: readonly number[]
  #next = 0

  constructor(list: readonly number[]) {
    this.#numbers = list
  }

  below(count: number): number {
    const drawn = this.#numbers[this.#next] ?? 0
    this.#next += 1
    return Math.abs(Math.trunc(drawn)) % count
  }

  of<Value>(list: readonly Value[]): Value {
    return list[this.below(list.length)] as Value
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === times - 1
  }

  list<Value>(most: number, make: (index: number) => Value): Value[] {
    return numbers(0, this.below(most + 1)).map(make)
  }
}

/**
 * Makes a workload of numbers: each list is one step. Whatever draws the numbers can shrink a failing
 * workload by leaving lists and numbers out and by making numbers smaller.
 */
export function workloadOf(tape: readonly (readonly number[])[]): Workload {
  return tape.map((list, index) => stepOf(new Choices(list), index))
}

function stepOf(choices: Choices, index: number): Step {
  switch (choices.below(9)) {
    case 4:
      return { do: 'again', commit: choices.below(20) }
    case 5:
    case 8:
      return {
        do: 'load',
        streams: streamsOf(choices),
        from: fromOf(choices),
        ...(choices.once(3) && { key: keyOf(choices) }),
      }
    case 6:
      return {
        do: 'read',
        streams: streamsOf(choices),
        from: fromOf(choices),
        backwards: choices.once(2),
        ...(choices.once(2) && { limit: choices.below(4) }),
      }
    case 7:
      return choices.once(2)
        ? { do: 'outbox', limit: choices.below(5), remove: choices.below(3) }
        : { do: 'query', query: queryOf(choices) }
    default: {
      const count = choices.once(4) ? 2 + choices.below(4) : 1
      const commits = numbers(0, count).map((part) => commitOf(choices, `${index}_${part}`))
      return { do: 'commit', commits }
    }
  }
}

function commitOf(choices: Choices, name: string): PlannedCommit {
  const documents = choices.once(3) ? choices.list(2, () => documentOf(choices)) : []
  const none = choices.once(documents.length > 0 ? 2 : 30)
  const events = numbers(0, none ? 0 : 1 + choices.below(3)).map((part) => ({
    // Now and then an id that is known, or used twice.
    id: choices.once(30) ? `evt_${choices.below(9)}_0_0` : `evt_${name}_${part}`,
    type: choices.of(types),
    data: dataOf(choices),
    ...(choices.once(4) && { metadata: { actorId: choices.of(cartIds) } }),
    ...(choices.once(3) && { aggregate: choices.of(aggregates) }),
  }))
  return {
    events,
    conditions: numbers(0, choices.of([0, 1, 0, 1, 0, 2])).map(() => ({
      streams: streamsOf(choices),
      from: fromOf(choices),
    })),
    expect: choices.once(6)
      ? [{ aggregate: choices.of(aggregates), version: choices.below(4) }]
      : [],
    documents,
    outbox: choices.once(4)
      ? choices.list(2, (part) => ({
          id: `msg_${name}_${part}`,
          type: choices.of(types),
          data: choices.of(values),
          orderKey: choices.of(cartIds),
          ...(choices.once(3) && { event: choices.below(events.length + 1) }),
        }))
      : [],
    ...(choices.once(5) && { idempotency: { key: keyOf(choices) } }),
  }
}

function documentOf(choices: Choices): PlannedCommit['documents'][number] {
  const guard = choices.once(6) ? { revision: choices.below(3) } : choices.of(guards)
  const target = {
    type: 'view',
    id: choices.of(cartIds),
    if: guard,
    otherwise: choices.of(['refuse', 'skip'] as const),
  }
  const write = choices.once(5)
    ? { ...target, delete: true as const }
    : { ...target, data: dataOf(choices) }
  const needsCursor = guard === 'newer' || guard === 'not-older'
  const from =
    needsCursor || choices.once(3) ? { cursor: choices.below(6) } : { nowhere: true as const }
  return { write, from }
}

function dataOf(choices: Choices): Record<string, unknown> {
  const data: Record<string, unknown> = { cartId: choices.of(cartIds) }
  for (const field of fields.slice(0, 4)) {
    if (choices.once(2)) data[field] = choices.once(7) ? ['a', 1] : choices.of([...values, null])
  }
  return data
}

function streamsOf(choices: Choices): Streams {
  if (choices.once(12)) return 'all'
  return [streamOf(choices), ...choices.list(2, () => streamOf(choices)).slice(1)]
}

function streamOf(choices: Choices): Stream {
  const names = choices.below(8)
  return {
    ...(names >= 4 && { types: [choices.of(types), ...choices.list(1, () => choices.of(types))] }),
    ...(names !== 4 && { filter: filterOf(choices) }),
    ...(names === 7 && { aggregate: choices.of(aggregates) }),
  }
}

function filterOf(choices: Choices): NonNullable<Stream['filter']> {
  const value = choices.once(3) ? choices.list(2, () => choices.of(cartIds)) : choices.of(cartIds)
  const filter: Record<string, NonNullable<Stream['filter']>[string]> = {}
  if (!choices.once(4)) filter['cartId'] = value
  if (choices.once(3) || !('cartId' in filter)) filter[choices.of(fields)] = entryOf(choices)
  return filter
}

function entryOf(choices: Choices): NonNullable<Stream['filter']>[string] {
  const value = choices.of(values)
  const list = choices.list(2, () => choices.of(values))
  const ordered = typeof value === 'boolean' ? 1 : value
  const other = choices.of(values)
  return choices.of([
    value,
    [value, ...list],
    ['a', 1],
    { eq: value },
    { neq: value },
    { in: list },
    { nin: list },
    { gt: ordered },
    { gte: ordered },
    { lt: ordered },
    { lte: ordered },
    { gte: ordered, neq: other },
  ])
}

function queryOf(choices: Choices): DocumentQuery {
  return {
    type: 'view',
    ...(choices.once(2) && { filter: filterOf(choices) }),
    ...(choices.once(2) && {
      order: { by: choices.of(fields), direction: choices.of(['asc', 'desc'] as const) },
    }),
    ...(choices.once(2) && { limit: 1 + choices.below(2) }),
  }
}

function fromOf(choices: Choices): From {
  switch (choices.below(8)) {
    case 5:
      return { nowhere: true }
    case 6:
      return { event: choices.below(20) }
    case 3:
    case 7:
      return { cursor: choices.below(8) }
    case 4:
      return { cursor: 0 }
    default:
      return { now: true }
  }
}

function keyOf(choices: Choices): string {
  return `command_${choices.below(4)}`
}
