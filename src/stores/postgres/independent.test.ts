import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_IDENTIFIERS, identifierTest } from '../../event/identifiers.ts'
import { prepareCommit, type PreparedCommit } from '../../store/check-commit.ts'
import type { Commit } from '../../store/commit.ts'
import { isEventfoldError } from '../../store/errors.ts'
import { jsonCodec } from '../../store/json.ts'
import { MemoryEventStore } from '../memory/index.ts'
import { Independent } from './independent.ts'
import { limits } from './store.ts'

const isIdentifier = identifierTest(DEFAULT_IDENTIFIERS)
const rules = { isIdentifier, codec: jsonCodec, limits }
const prepare = (commit: Commit): PreparedCommit => prepareCommit(commit, rules)

/** Whether the second depends on the first. */
function depends(first: Commit, second: Commit): boolean {
  const independent = new Independent(isIdentifier)
  expect(independent.take(prepare(first))).toBe(true)
  return !independent.take(prepare(second))
}

const added = { type: 'ADDED', data: { cartId: 'cart_1', amount: 3 } }
const wallet = { type: 'wallet', id: 'wallet_1' }

test.each<[string, Commit, Commit]>([
  [
    'its condition matches an event by its key',
    { events: [added] },
    {
      events: [{ type: 'A', data: {} }],
      conditions: [{ streams: [{ filter: { cartId: 'cart_1' } }] }],
    },
  ],
  [
    'its condition matches an event by its type',
    { events: [added] },
    { outbox: [{ type: 'a', data: 1 }], conditions: [{ streams: [{ types: ['ADDED'] }] }] },
  ],
  [
    'its condition matches an event by other data',
    { events: [added] },
    {
      outbox: [{ type: 'a', data: 1 }],
      conditions: [{ streams: [{ filter: { amount: { gt: 2 } } }] }],
    },
  ],
  [
    'its condition is about everything',
    { events: [added] },
    { outbox: [{ type: 'a', data: 1 }], conditions: [{ streams: 'all' }] },
  ],
  [
    'its condition begins after an event that is written',
    { events: [{ ...added, id: 'event_1' }] },
    {
      outbox: [{ type: 'a', data: 1 }],
      conditions: [{ streams: [{ types: ['B'] }], after: { eventId: 'event_1' } }],
    },
  ],
  [
    'its condition is about an aggregate',
    { events: [{ ...added, aggregate: wallet }] },
    {
      outbox: [{ type: 'a', data: 1 }],
      conditions: [{ streams: [{ aggregate: wallet, types: ['ADDED'] }] }],
    },
  ],
  [
    'it expects a version',
    { events: [{ ...added, aggregate: wallet }] },
    { events: [added], expect: [{ aggregate: wallet, version: 0 }] },
  ],
  [
    'it writes the same document',
    { documents: [{ type: 'cart', id: 'cart_1', data: 1 }] },
    { documents: [{ type: 'cart', id: 'cart_1', data: 2 }] },
  ],
  [
    'it has the same idempotency key',
    { events: [added], idempotency: { key: 'command_1' } },
    { events: [added], idempotency: { key: 'command_1' } },
  ],
  [
    'it has an event of the same id',
    { events: [{ ...added, id: 'event_1' }] },
    { events: [{ ...added, id: 'event_1' }] },
  ],
])('a commit depends on another one where %s', (_, first, second) => {
  expect(depends(first, second)).toBe(true)
})

test('a commit does not depend on what it does not check', () => {
  const streams = [
    { types: ['REMOVED'], filter: { cartId: 'cart_1' } },
    { filter: { cartId: 'cart_2' } },
  ]
  const second = { events: [added], conditions: [{ streams }] }
  expect(depends({ events: [added] }, second)).toBe(false)
  expect(
    depends(
      { events: [{ ...added, aggregate: wallet }] },
      { events: [{ ...added, aggregate: wallet }] },
    ),
  ).toBe(false)
  const other = { streams: [{ aggregate: { ...wallet, id: 'wallet_2' } }] }
  expect(
    depends(
      { events: [{ ...added, aggregate: wallet }] },
      { events: [added], conditions: [other] },
    ),
  ).toBe(false)
  expect(depends(second, { documents: [{ type: 'cart', id: 'cart_1', data: 1 }] })).toBe(false)
})

const cartId = fc.constantFrom('cart_1', 'cart_2', 'cart_3')
const type = fc.constantFrom('A', 'B')
const number = fc.integer({ min: 0, max: 2 })
const aggregate = fc.record({
  type: fc.constant('wallet'),
  id: fc.constantFrom('wallet_1', 'wallet_2'),
})
const stream = fc.oneof(
  fc.record({ filter: fc.record({ cartId }) }),
  fc.record({ types: fc.tuple(type), filter: fc.record({ cartId }) }),
  fc.record({ types: fc.tuple(type) }),
  fc.record({ filter: fc.record({ n: fc.record({ gte: number }) }) }),
  fc.record({
    filter: fc.record({
      cartId: fc.array(cartId, { minLength: 1 }),
      n: fc.record({ neq: number }),
    }),
  }),
  fc.record({ aggregate }),
)
const eventId = fc.integer({ min: 0, max: 20 }).map((n) => `event_${n}`)
const condition = fc.record(
  {
    streams: fc.oneof(
      { weight: 8, arbitrary: fc.array(stream, { minLength: 1, maxLength: 2 }) },
      { weight: 1, arbitrary: fc.constant('all' as const) },
    ),
    after: fc.record({ eventId }),
  },
  { requiredKeys: ['streams'] },
)
const event = fc.record(
  { id: eventId, type, data: fc.record({ cartId, n: number }), aggregate },
  { requiredKeys: ['id', 'type', 'data'] },
)
const document = fc.record({
  type: fc.constant('view'),
  id: cartId,
  data: number,
  if: fc.oneof(fc.constantFrom('any', 'absent', 'present'), fc.record({ revision: number })),
  otherwise: fc.constantFrom('refuse' as const, 'skip' as const),
}) as fc.Arbitrary<NonNullable<Commit['documents']>[number]>
const commit = fc
  .record({
    events: fc.uniqueArray(event, { selector: ({ id }) => id, minLength: 1, maxLength: 2 }),
    conditions: fc.array(condition, { maxLength: 1 }),
    expect: fc.array(fc.record({ aggregate, version: number }), { maxLength: 1 }),
    documents: fc.array(document, { maxLength: 1 }),
    key: fc.option(fc.constantFrom('key_1', 'key_2', 'key_3'), { freq: 4 }),
  })
  .map(({ key, ...rest }): Commit => ({ ...rest, ...(key !== null && { idempotency: { key } }) }))

/** What a store says to a commit, without what depends on its place. */
async function said(store: MemoryEventStore, given: Commit): Promise<unknown> {
  try {
    const { events, documents, replayed } = await store.commit(given)
    return [replayed, events.map(({ id, aggregate: of }) => [id, of?.id]), documents]
  } catch (error) {
    if (!isEventfoldError(error)) throw error
    return [
      error.code,
      (error as { conflict?: { reason: string; index: number } }).conflict?.reason,
    ]
  }
}

async function storeWith(commits: readonly Commit[]): Promise<MemoryEventStore> {
  const store = new MemoryEventStore()
  for (const each of commits) await said(store, each)
  return store
}

test('a batch judged against the old log gets the answers of one after the other', async () => {
  let together = 0
  let apart = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(commit, { maxLength: 4 }),
      fc.array(commit, { minLength: 2, maxLength: 8 }),
      async (before, waiting) => {
        const independent = new Independent(isIdentifier)
        const after = await storeWith(before)
        for (const each of waiting) {
          if (!independent.take(prepare(each))) {
            apart += 1
            continue
          }
          together += 1
          const alone = await said(await storeWith(before), each)
          expect(await said(after, each)).toEqual(alone)
          if (typeof (alone as unknown[])[0] === 'string') refused += 1
        }
      },
    ),
    { numRuns: 300 },
  )
  for (const count of [together, apart, refused]) expect(count).toBeGreaterThan(100)
})
