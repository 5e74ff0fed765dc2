import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, numbers } from '../samples.ts'

/** What is promised of messages to the outside. */
export const outboxLaws: readonly Law[] = [
  {
    law: "each record of the outbox carries its event's id, type, position and metadata, and what was given",
    prove: async (open) => {
      const { store, reopen } = await open()
      const aggregate = { type: 'cart', id: 'cart_1' }
      const { events } = await store.commit({
        events: [
          { ...added('cart_1'), metadata: { correlationId: 'req_1', more: [1] } },
          { type: 'CHECKED_OUT', data: { userId: 'u' }, aggregate },
          { type: 'PLAIN', data: {} },
        ],
        outbox: [
          { type: 'mail', data: { to: 'ann' } },
          { id: 'msg_1', type: 'push', data: [1], event: 1 },
          { type: 'plain', data: null, event: 2 },
          { type: 'own', data: 1, event: 1, orderKey: 'mine' },
        ],
      })
      await store.commit({ outbox: [{ type: 'bare', data: 1 }] })
      for (const handle of [store, await reopen()]) {
        const records = await handle.outbox.read()
        equal(
          records.map(({ type, data }) => [type, data]),
          [
            ['mail', { to: 'ann' }],
            ['push', [1]],
            ['plain', null],
            ['own', 1],
            ['bare', 1],
          ],
          'records',
        )
        for (const [n, index] of [0, 1, 2, 1].entries()) {
          const { id = '', type = '', position = 0, metadata = {} } = events[index] ?? {}
          equal(records[n]?.event, { id, type, position, metadata }, `the event of record ${n}`)
        }
        equal(records[4]?.event, undefined, 'the event of a record without one')
        equal(records[1]?.id, 'msg_1', 'the id that was given')
        equal(new Set(records.map(({ id }) => id)).size, 5, 'ids')
        equal(records[3]?.orderKey, 'mine', 'the order key that was given')
        const [first, second, third, , bare] = records.map(({ orderKey }) => orderKey)
        ok(first !== undefined && second !== undefined, 'the identifier and the aggregate order')
        ok(first !== second, 'another aggregate has another order key')
        equal([third, bare], [undefined, undefined], 'where nothing orders')
        const time = records[0]?.timestamp ?? ''
        equal(new Date(time).toISOString(), time, 'timestamp')
      }
    },
  },
  {
    law: 'the order key of a record is its aggregate, else its first identifier',
    prove: async (open) => {
      const { store } = await open()
      const keyOf = async (data: object, id?: string): Promise<string | undefined> => {
        const aggregate = id === undefined ? undefined : { type: 'cart', id }
        const { events } = await store.commit({
          events: [{ type: 'A', data, aggregate }],
          outbox: [{ type: 'message', data: 1 }],
        })
        const records = await store.outbox.read()
        const record = records.find(({ event }) => event?.id === events[0]?.id)
        return record?.orderKey
      }
      equal(await keyOf({ cartId: 'a', userId: 'b' }), await keyOf({ cartId: 'a' }), 'the first')
      ok((await keyOf({ cartId: 'a' })) !== (await keyOf({ cartId: 'b' })), 'another value')
      ok((await keyOf({ cartId: 'a' })) !== (await keyOf({ userId: 'a' })), 'another identifier')
      equal(await keyOf({ cartId: 'a' }, 'x'), await keyOf({ cartId: 'b' }, 'x'), 'the aggregate')
    },
  },
  {
    law: 'the outbox keeps the records of a commit together and in order, also of commits that were sent at once',
    prove: async (open) => {
      const { store } = await open()
      const committed = await Promise.all(
        numbers(0, 8).map((commit) =>
          store.commit({
            events: [added(`cart_${commit}`)],
            outbox: numbers(0, 3).map((data) => ({ type: 'message', data, orderKey: 'one' })),
          }),
        ),
      )
      const records = await store.outbox.read()
      equal(
        records.map(({ event, data }) => [event?.position, data]),
        committed
          .map(({ events }) => events[0]?.position ?? 0)
          .sort((a, b) => a - b)
          .flatMap((position) => numbers(0, 3).map((data) => [position, data])),
        'positions and records',
      )
    },
  },
  {
    law: 'the outbox is read in commit order, in pages, and records are removed',
    prove: async (open) => {
      const { store } = await open()
      for (const n of numbers(0, 130)) {
        const outbox = [n * 2, n * 2 + 1].map((data) => ({ type: 'message', data, orderKey: 'k' }))
        await store.commit({ outbox })
      }
      const data = (records: readonly { data: unknown }[]): unknown[] =>
        records.map((record) => record.data)
      const first = await store.outbox.read()
      equal(data(first), numbers(0, 100), 'the default page')
      const second = await store.outbox.read({ after: first.at(-1)?.cursor, limit: 7 })
      equal(data(second), numbers(100, 7), 'the next page')
      for (const limit of [999, Number.MAX_SAFE_INTEGER]) {
        equal(data(await store.outbox.read({ limit })), numbers(0, 260), `all, up to ${limit}`)
      }
      equal(await store.outbox.read({ limit: 0 }), [], 'limit 0')

      const sent = [...first.slice(0, 50), ...second].map(({ id }) => id)
      await store.outbox.remove(sent)
      await store.outbox.remove([...sent, 'nobody'])
      await store.outbox.remove([])
      const left = [...numbers(50, 50), ...numbers(107, 153)]
      equal(data(await store.outbox.read({ limit: 999 })), left, 'what is left')
      const after = first[59]?.cursor
      equal(data(await store.outbox.read({ after, limit: 3 })), [60, 61, 62], 'after a cursor')
      const gone = second[2]?.cursor
      equal(data(await store.outbox.read({ after: gone, limit: 2 })), [107, 108], 'after one gone')
      await store.outbox.remove((await store.outbox.read({ limit: 999 })).map(({ id }) => id))
      equal(await store.outbox.read(), [], 'nothing left')
      await store.commit({ outbox: [{ type: 'message', data: 'new' }] })
      const last = await store.outbox.read({ after: second.at(-1)?.cursor })
      equal(data(last), ['new'], 'what comes later has a later cursor')
    },
  },
  {
    law: 'a page of the outbox is short only at its end, however large its records are',
    prove: async (open) => {
      const { store } = await open()
      const bytes = Math.min(150_000, Math.floor(store.capabilities.limits.eventBytes / 2))
      const count = Math.ceil(1_500_000 / bytes)
      const text = 'x'.repeat(bytes)
      for (const n of numbers(0, count)) {
        await store.commit({ outbox: [{ type: 'message', data: { n, text } }] })
      }
      for (const limit of [1, 3, count - 1, count, count + 1]) {
        const seen: unknown[] = []
        for (let after: string | undefined, isEnd = false; !isEnd;) {
          const page = await store.outbox.read({ after, limit })
          seen.push(...page.map(({ data }) => (data as { n: number }).n))
          isEnd = page.length < limit
          after = page.at(-1)?.cursor ?? after
        }
        equal(seen, numbers(0, count), `in pages of ${limit}`)
      }
    },
  },
  {
    law: 'a wrong limit or cursor of the outbox is refused',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({ outbox: [{ type: 'message', data: 1 }] })
      for (const limit of [-1, 0.5, NaN, Infinity]) {
        await rejects(store.outbox.read({ limit }), 'INVALID_ARGUMENT', `limit ${limit}`)
      }
      for (const after of ['', 'latest', '-1', '1.5', '1~a']) {
        await rejects(store.outbox.read({ after }), 'INVALID_ARGUMENT', `after '${after}'`)
      }
    },
  },
  {
    law: 'one commit does not take two outbox records with one id',
    prove: async (open) => {
      const { store } = await open()
      const record = { id: 'msg_1', type: 'message', data: 1 }
      await rejects(store.commit({ outbox: [record, record] }), 'INVALID_ARGUMENT')
      equal(await store.outbox.read(), [], 'the outbox')
    },
  },
  {
    law: 'outbox records of two commits may have one id: both wait, and are removed together',
    prove: async (open) => {
      const { store, reopen } = await open()
      for (const data of [1, 2]) await store.commit({ outbox: [{ id: 'msg_1', type: 'a', data }] })
      const records = await store.outbox.read()
      equal(
        records.map(({ id, data }) => [id, data]),
        [
          ['msg_1', 1],
          ['msg_1', 2],
        ],
        'records',
      )
      await store.outbox.remove(['msg_1'])
      equal(await store.outbox.read(), [], 'the outbox')
      await store.commit({ outbox: [{ id: 'msg_1', type: 'a', data: 3 }] })
      equal((await store.outbox.read()).length, 1, 'records later')
      await store.commit({ outbox: [{ id: 'msg_1', type: 'a', data: 4 }] })
      const other = await reopen()
      await other.outbox.remove(['msg_1'])
      equal(await store.outbox.read(), [], 'the outbox of which another handle knows nothing')
    },
  },
]
