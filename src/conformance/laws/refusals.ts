import type { Commit } from '../../store/commit.ts'
import type { ErrorCode } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, atOnce, cart, holdsNothing, numbers, read } from '../samples.ts'

const aggregate = { type: 'cart', id: 'cart_1' }

/** A commit with a bit of everything, that would be accepted as it is. */
const full: Commit = {
  events: [
    { ...added('cart_1', { n: 1 }), id: 'evt_1', aggregate },
    { ...added('cart_1', { n: 2 }), id: 'evt_2' },
  ],
  documents: [{ type: 'view', id: 'cart_1', data: 1 }],
  outbox: [{ id: 'msg_1', type: 'message', data: 1 }],
  idempotency: { key: 'command_1' },
}

/** What is added to it to have it refused. */
const refused: readonly (readonly [string, ErrorCode, (commit: Commit) => Commit])[] = [
  [
    'a condition',
    'CONFLICT',
    (commit) => ({ ...commit, conditions: [{ streams: [cart('old')] }] }),
  ],
  [
    'the second of two conditions',
    'CONFLICT',
    (commit) => ({
      ...commit,
      conditions: [{ streams: [cart('nobody')] }, { streams: [cart('old')] }],
    }),
  ],
  [
    'an expected version',
    'CONFLICT',
    (commit) => ({ ...commit, expect: [{ aggregate, version: 1 }] }),
  ],
  [
    'the guard of a document',
    'CONFLICT',
    (commit) => ({
      ...commit,
      documents: [...(commit.documents ?? []), { type: 'old', id: 'old', data: 2, if: 'absent' }],
    }),
  ],
  [
    'a known event id',
    'IDEMPOTENCY_MISMATCH',
    (commit) => ({ ...commit, events: [...(commit.events ?? []), { ...added('x'), id: 'old' }] }),
  ],
  ['a known key', 'IDEMPOTENCY_MISMATCH', (commit) => ({ ...commit, idempotency: { key: 'old' } })],
  [
    'data that is not JSON',
    'INVALID_ARGUMENT',
    (commit) => ({ ...commit, events: [...(commit.events ?? []), added('cart_1', { n: 1n })] }),
  ],
  [
    'a condition that is none',
    'INVALID_ARGUMENT',
    (commit) => ({ ...commit, conditions: [{ streams: [] }] }),
  ],
  [
    'a cursor that is none',
    'INVALID_ARGUMENT',
    (commit) => ({ ...commit, conditions: [{ streams: [cart('cart_1')], after: 'none' }] }),
  ],
  [
    'an unknown event to go on from',
    'CONFLICT',
    (commit) => ({
      ...commit,
      conditions: [{ streams: [cart('cart_1')], after: { eventId: 'nobody' } }],
    }),
  ],
  [
    'a type that is too long',
    'LIMIT',
    (commit) => ({
      ...commit,
      events: [...(commit.events ?? []), { ...added('cart_1'), type: 'x'.repeat(256) }],
    }),
  ],
]

async function begin(store: EventStore): Promise<void> {
  await store.commit({
    events: [{ ...added('old'), id: 'old' }],
    documents: [{ type: 'old', id: 'old', data: 1 }],
    idempotency: { key: 'old' },
  })
}

/** Nothing of the commit is there, and all its names are free. */
async function isUntouched(store: EventStore): Promise<void> {
  await holdsNothing(store, 'cart_1')
  equal((await store.load([{ aggregate }])).events, [], 'the aggregate')
  equal((await store.documents.get('old', 'old'))?.revision, 1, "another's document")
  const idempotency = { key: 'command_1' }
  equal((await store.load([cart('cart_1')], { idempotency })).replayed, undefined, 'the key')
}

/** What is promised of commits that are refused. */
export const refusalLaws: readonly Law[] = [
  {
    law: 'a refused commit leaves nothing behind: no event, document, outbox record or idempotency key',
    prove: async (open) => {
      const { store } = await open()
      await begin(store)
      for (const [name, code, change] of refused) {
        const { outcome } = await rejects(store.commit(change(full)), code, name)
        equal(outcome, 'none', `${name}: outcome`)
        await isUntouched(store)
      }
      const accepted = await store.commit({ ...full, expect: [{ aggregate, version: 0 }] })
      equal([accepted.replayed, accepted.documents[0]?.revision], [false, 1], 'what is accepted')
      const [first] = await read(store, [cart('cart_1')])
      equal(first?.aggregate, { ...aggregate, version: 1 }, 'the aggregate')
      if (store.capabilities.totalOrder) equal(first?.position, 2, 'the position')
    },
  },
  {
    law: 'a refused commit leaves nothing behind, also amid commits that are accepted',
    prove: async (open, { rounds }) => {
      const { store } = await open()
      await begin(store)
      const count = rounds * refused.length
      const answers = await Promise.allSettled(
        numbers(0, count).flatMap((n) => [
          store.commit({ events: [added('other', { n })] }),
          store.commit(refused[n % refused.length]?.[2](full) ?? {}),
        ]),
      )
      const fulfilled = answers.filter(({ status }) => status === 'fulfilled')
      equal(fulfilled.length, count, 'accepted')
      await isUntouched(store)
      equal((await read(store, [cart('other')])).length, count, 'events of the others')
    },
  },
  {
    law: 'a read that could not be meant is refused: a key that is none, a document without a name, no list',
    prove: async (open) => {
      const { store } = await open()
      const nothing = (call: unknown): Promise<unknown> =>
        (call as (...args: unknown[]) => Promise<unknown>)()
      const load = (idempotency: unknown): Promise<unknown> =>
        store.load('all', { idempotency: idempotency as never })
      for (const wrong of [{}, 'key', { key: 'key', fingerprint: 5 }, { key: '' }]) {
        await rejects(load(wrong), 'INVALID_ARGUMENT')
      }
      await rejects(nothing(store.documents.get), 'INVALID_ARGUMENT')
      await rejects(nothing(store.outbox.remove), 'INVALID_ARGUMENT')
      await rejects(store.outbox.remove('evt_1' as never), 'INVALID_ARGUMENT')
    },
  },
  {
    law: 'a refused commit leaves nothing behind that a reader could see for a moment',
    prove: async (open, { rounds }) => {
      const { store, reopen } = await open()
      await begin(store)
      const reader = await reopen()
      await atOnce(rounds, async (n) => {
        const commit = refused[n % refused.length]?.[2](full) ?? {}
        await Promise.all([Promise.allSettled([store.commit(commit)]), isUntouched(reader)])
      })
    },
  },
]
