import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  nat,
  oneof,
  option,
  record,
  uniqueArray,
} from 'fast-check'
import { sameStructure } from '../../conformance/expect.ts'
import type { Commit, Committed, Condition } from '../../store/commit.ts'
import { isEventfoldError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import type { After, Stream } from '../../store/stream.ts'
import { MemoryEventStore } from '../memory/index.ts'

/** A commit whose cursors are filled in when it is sent: `slot` is a load of before, by its number. */
export interface Planned extends Omit<Commit, 'conditions' | 'documents'> {
  readonly conditions: readonly {
    readonly streams: number
    readonly from: 'now' | 'before' | 'nowhere' | { readonly eventId: string }
  }[]
  readonly documents: readonly (NonNullable<Commit['documents']>[number] & {
    readonly reflects?: 'now' | 'before' | undefined
  })[]
}

/** Commits that are sent at once, each by one of two processes. */
export type Batch = readonly Planned[]

/** Every event is also in the first one, so that all of them have one order. */
const STREAMS: readonly (readonly Stream[])[] = [
  [{ filter: { allId: 'z' } }],
  [{ filter: { cartId: 'a' } }],
  [{ types: ['ITEM_ADDED_TO_THE_CART_AGAIN_1'], filter: { cartId: 'a' } }],
  [{ types: ['PAID'], filter: { cartId: 'b', userId: 'x' } }],
  [{ filter: { cartId: ['a', 'b'], n: { gte: 2 } } }],
  [{ filter: { cartId: 'a' } }, { types: ['PAID'], filter: { userId: 'x' } }],
  [{ aggregate: { type: 'wallet', id: '1' } }],
  [{ types: ['PAID'], aggregate: { type: 'wallet', id: '1' }, filter: { userId: 'x' } }],
]

const aggregate = constantFrom({ type: 'wallet', id: '1' }, { type: 'wallet', id: '2' })
// Two types whose names begin alike.
const type = constantFrom(
  'PAID',
  'ITEM_ADDED_TO_THE_CART_AGAIN_1',
  'ITEM_ADDED_TO_THE_CART_AGAIN_2',
)

const maybe = <Value>(arbitrary: Arbitrary<Value>, freq = 2): Arbitrary<Value | undefined> =>
  option(arbitrary, { nil: undefined, freq })

const event = record({
  id: maybe(constantFrom('evt_1', 'evt_2', 'evt_3', 'evt_4'), 1).map((id) => id),
  type,
  data: record({
    cartId: constantFrom('a', 'b'),
    userId: maybe(constantFrom('x', 'y')),
    n: nat(3),
  }).map((data) => ({ allId: 'z', ...JSON.parse(JSON.stringify(data)) })),
  aggregate: maybe(aggregate),
})

const guard = oneof(
  constantFrom('any', 'absent', 'present', 'newer', 'not-older'),
  record({ revision: nat(3) }),
)

const document = record({
  id: constantFrom('1', '2'),
  content: maybe(nat(3), 4),
  if: oneof(guard, array(guard, { minLength: 1, maxLength: 2 })),
  otherwise: constantFrom('refuse', 'skip'),
  reflects: maybe(constantFrom('now', 'before')),
}).map(({ content, reflects, ...rest }) => {
  const needs = [rest.if].flat().some((one) => one === 'newer' || one === 'not-older')
  return {
    type: 'view',
    ...rest,
    ...(content === undefined ? { delete: true as const } : { data: content }),
    reflects: reflects ?? (needs ? ('now' as const) : undefined),
  }
})

const planned: Arbitrary<Planned> = record({
  events: uniqueArray(event, {
    maxLength: 3,
    selector: ({ id }) => id,
    comparator: (a, b) => a !== undefined && a === b,
  }),
  conditions: array(
    record({
      streams: nat(STREAMS.length - 1),
      from: constantFrom('now' as const, 'now' as const, 'before' as const, 'nowhere' as const),
    }),
    { maxLength: 2 },
  ),
  after: maybe(constantFrom('evt_1', 'evt_2'), 1),
  expect: maybe(record({ aggregate, version: nat(3) }), 1),
  documents: uniqueArray(document, { maxLength: 2, selector: ({ id }) => id }),
  outbox: maybe(record({ type, data: nat(3), orderKey: maybe(constant('k')) }), 1),
  idempotency: maybe(
    record({ key: constantFrom('k1', 'k2'), fingerprint: maybe(constant('same')) }),
    1,
  ),
})
  .map(({ after, expect, outbox, conditions, ...rest }) => ({
    ...rest,
    conditions: after ? [...conditions, { streams: 0, from: { eventId: after } }] : conditions,
    expect: expect ? [expect] : [],
    outbox: outbox ? [outbox] : [],
  }))
  .filter(({ events, documents, outbox }) => events.length + documents.length + outbox.length > 0)

export const batches = (most: number): Arbitrary<Batch[]> =>
  array(array(planned, { minLength: 1, maxLength: most }), { minLength: 1, maxLength: 8 })

/** A store, and what was loaded from it before the last batch and before the one before. */
interface Run {
  readonly store: EventStore
  now: readonly string[]
  before: readonly string[]
}

/**
 * Sends batches to stores of one log, and the same commits one by one to the memory store: throws where
 * no order of the commits of a batch gives the same answers and the same log.
 */
export async function expectSerial(
  all: readonly Batch[],
  stores: readonly [EventStore, ...EventStore[]],
): Promise<void> {
  const run: Run = { store: stores[0], now: [], before: [] }
  const history: Batch[] = []
  for (const batch of all) {
    await look(run)
    const sent = batch.map((commit, index) =>
      outcomeOf((stores[index % stores.length] ?? stores[0]).commit(filledIn(commit, run))),
    )
    const answers = await Promise.all(sent)
    const log = await stateOf(run.store)
    let fits: Batch | undefined
    const tried: unknown[] = []
    for (const order of permutations(batch.map((_, index) => index))) {
      const serial = await replay(history)
      await look(serial)
      const others: unknown[] = []
      for (const index of order) {
        const commit = filledIn(batch[index] as Planned, serial)
        others[index] = await outcomeOf(serial.store.commit(commit))
      }
      const other = await stateOf(serial.store)
      if (sameStructure([answers, log], [others, other])) {
        fits = order.map((index) => batch[index] as Planned)
        break
      }
      if (tried.length < 2) tried.push([others, other])
    }
    if (!fits) {
      throw new Error(
        `no order gives these answers to batch ${history.length}:\n${JSON.stringify([answers, log])}\n` +
          `such as:\n${tried.map((each) => JSON.stringify(each)).join('\n')}`,
      )
    }
    history.push(fits)
  }
}

async function replay(history: readonly Batch[]): Promise<Run> {
  const run: Run = { store: new MemoryEventStore(), now: [], before: [] }
  for (const batch of history) {
    await look(run)
    const commits = batch.map((commit) => filledIn(commit, run))
    for (const commit of commits) await outcomeOf(run.store.commit(commit))
  }
  return run
}

async function look(run: Run): Promise<void> {
  run.before = run.now
  run.now = await Promise.all(
    STREAMS.map(async (streams) => (await run.store.load(streams)).cursor),
  )
}

function filledIn({ conditions, documents, ...rest }: Planned, run: Run): Commit {
  const slot = (
    from: Planned['conditions'][number]['from'],
    streams: number,
  ): After | undefined => {
    if (typeof from === 'object') return from
    return from === 'nowhere' ? undefined : (from === 'now' ? run.now : run.before)[streams]
  }
  return {
    ...rest,
    conditions: conditions.map(({ streams, from }): Condition => ({
      streams: STREAMS[streams] as readonly Stream[],
      after: slot(from, streams),
    })),
    documents: documents.map(({ reflects, ...write }) => ({
      ...write,
      ...(reflects && { cursor: (reflects === 'now' ? run.now : run.before)[0] ?? run.now[0] }),
    })),
  }
}

async function outcomeOf(sent: Promise<Committed>): Promise<unknown> {
  try {
    const { events, documents, replayed, cursor } = await sent
    return [events.map(contentOf), documents, replayed, cursor !== undefined]
  } catch (error) {
    if (!isEventfoldError(error)) return String(error)
    if (!isEventfoldError(error, 'CONFLICT')) return error.code
    const { reason, index, expected, actual, guard: failed, event: found } = error.conflict
    return [error.code, reason, index, expected, actual, failed, found?.type]
  }
}

/** What is stored: everything that a reader can see, but for what each store makes of its own. */
async function stateOf(store: EventStore): Promise<unknown> {
  const { events } = await store.load(STREAMS[0] as readonly Stream[])
  const { documents } = await store.documents.query({ type: 'view' })
  const records = await store.outbox.read({ limit: 1000 })
  return [
    events.map(contentOf),
    documents.map(({ id, data, revision, cursor }) => [id, data, revision, cursor !== undefined]),
    records
      .map(({ type: name, data, event: cause }) => JSON.stringify([name, data, cause?.type]))
      .sort(),
  ]
}

function contentOf(stored: Committed['events'][number]): unknown {
  const { id, type: name, data, aggregate: of } = stored
  return [id.startsWith('evt_') ? id : '', name, data, of]
}

function permutations(list: readonly number[]): number[][] {
  if (list.length < 2) return [[...list]]
  return list.flatMap((first) =>
    permutations(list.filter((each) => each !== first)).map((rest) => [first, ...rest]),
  )
}
