import { expect, test } from 'vitest'
import { isEventfoldError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import { positionOf } from './clock.ts'
import type { DynamoClient } from './client.ts'
import { testClient } from './engine.fixture.ts'
import { faultsOf } from './table-check.fixture.ts'
import { openWriters } from './writers.fixture.ts'

const added = (cartId: string, more: object = {}) => ({
  type: 'ITEM_ADDED',
  data: { cartId, ...more },
})
const cart = (cartId: string) => ({ filter: { cartId } })

/** What became of each: `'stored'`, or the code of its error. */
async function outcomes(sent: readonly Promise<unknown>[]): Promise<string[]> {
  return (await Promise.allSettled(sent)).map((each) => {
    if (each.status === 'fulfilled') return 'stored'
    return isEventfoldError(each.reason) ? each.reason.code : String(each.reason)
  })
}

async function fieldOf(store: EventStore, cartId: string, name: string): Promise<unknown[]> {
  const { events } = await store.load([cart(cartId)])
  return events.map(({ data }) => (data as Record<string, unknown>)[name])
}

test('two processes whose clocks stand still give no position of a key twice', async () => {
  await using log = await openWriters()
  const now = (): number => 1_800_000_000_000
  const stores = Array.from({ length: 8 }, () => log.open({ now }))
  for (let round = 0; round < 4; round += 1) {
    await Promise.all(stores.map((store) => store.commit({ events: [added('1')] })))
  }
  const { events } = await log.open().load([cart('1')])
  const positions = events.map(({ position }) => position)
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b))
  expect(faultsOf(await log.items())).toEqual([])
})

test('a cursor that nobody gave out does not move the clock', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1')] })
  const forged = JSON.stringify({ 'KEY#cartId=s:1': '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' })
  const conditions = [{ streams: [cart('1')], after: forged }]
  await expect(store.commit({ events: [added('1')], conditions })).rejects.toMatchObject({
    code: 'CONFLICT',
    conflict: { reason: 'rewound' },
  })
  const { events } = await store.commit({ events: [added('1')] })
  expect(events[0]?.position).toBeLessThan(Number.MAX_SAFE_INTEGER)
})

test('commits that together are too large for one transaction are sent in several', async () => {
  await using log = await openWriters()
  const store = log.open()
  // Few characters, many bytes.
  const data = '字'.repeat(120_000)
  const sent = Array.from({ length: 14 }, () => store.commit({ events: [added('1', { data })] }))
  expect(await outcomes(sent)).toEqual(sent.map(() => 'stored'))
})

test('a commit with an item that DynamoDB would not take harms no neighbour', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1')] })
  const large = 'x'.repeat(350_000)
  const sent = [
    store.commit({ events: [added('1', { n: 1 })] }),
    store.commit({ events: [{ ...added('1', { large }), metadata: { large } }] }),
    store.commit({ events: [added('1', { n: 2 })] }),
    store.commit({
      events: [added('1', { n: 3 })],
      expect: [{ aggregate: { type: 'a'.repeat(3000), id: 'b' }, version: 0 }],
    }),
    store.commit({ events: [added('1', { n: 4 })] }),
  ]
  expect(await outcomes(sent)).toEqual(['stored', 'LIMIT', 'stored', 'stored', 'stored'])
  expect(faultsOf(await log.items())).toEqual([])
})

test('many that are refused make none of the others give up', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1')] })
  const conditions = [{ streams: [cart('1')] }]
  const racers = Array.from({ length: 130 }, () =>
    store.commit({ events: [added('1')], conditions }),
  )
  const document = { type: 'view', id: '1', data: 1 }
  const others = [
    store.commit({ events: [added('1')], documents: [document] }),
    store.commit({ events: [added('1')], documents: [document] }),
  ]
  expect(new Set(await outcomes(racers))).toEqual(new Set(['CONFLICT']))
  expect(await outcomes(others)).toEqual(['stored', 'stored'])
})

test('many writes of one document of one process all get through', async () => {
  await using log = await openWriters()
  const store = log.open()
  const sent = Array.from({ length: 120 }, (_, data) =>
    store.commit({ documents: [{ type: 'view', id: '1', data }] }),
  )
  expect(new Set(await outcomes(sent))).toEqual(new Set(['stored']))
  expect((await store.documents.get('view', '1'))?.revision).toBe(120)
})

test('a commit that is aborted before its turn writes nothing', async () => {
  await using log = await openWriters()
  const store = log.open()
  const sent = Array.from({ length: 20 }, (_, turns) => {
    const controller = new AbortController()
    const commit = store.commit({ events: [added('1', { turns })] }, { signal: controller.signal })
    void (async () => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      controller.abort()
    })()
    return commit
  })
  const errors = await Promise.allSettled(sent)
  await store.close()
  const stored = new Set(await fieldOf(log.open(), '1', 'turns'))
  for (const [turns, each] of errors.entries()) {
    const { code, outcome } = each.status === 'rejected' ? each.reason : { code: 'stored' }
    expect([turns, code]).toEqual([turns, 'ABORTED'])
    expect([turns, outcome === 'none' && stored.has(turns)]).toEqual([turns, false])
  }
})

test('an aggregate that a table no longer has begins anew', async () => {
  await using log = await openWriters()
  const store = log.open()
  const event = { type: 'OPENED', data: {}, aggregate: { type: 'wallet', id: '1' } }
  await store.commit({ events: [event, event] })
  await log.table.remove((await log.items()).filter(({ pk }) => pk.startsWith('AGG#')))
  const { events } = await store.commit({ events: [event] })
  expect(events[0]?.aggregate?.version).toBe(1)
})

test('a document that is left out is what it was when the rest is written', async () => {
  await using log = await openWriters()
  const other = log.open()
  await other.commit({ documents: [{ type: 'view', id: '1', data: 1 }] })
  let isFirst = true
  // Between the look at the document and the write somebody deletes it.
  const store = log.open({
    client: interrupting(async () => {
      if (!isFirst) return
      isFirst = false
      await other.commit({ documents: [{ type: 'view', id: '1', delete: true }] })
    }),
  })
  await store.commit({ events: [added('9')] })
  isFirst = true
  const { documents } = await store.commit({
    events: [added('1')],
    documents: [{ type: 'view', id: '1', data: 2, if: ['absent', 'absent'], otherwise: 'skip' }],
  })
  expect([isFirst, documents[0]?.status]).toEqual([false, 'created'])
})

test('a key that is known answers, whatever else DynamoDB says first', async () => {
  await using log = await openWriters()
  const store = log.open()
  const conditions = [{ streams: [cart('1')] }]
  const commit = { events: [added('1')], conditions, idempotency: { key: 'k' } }
  const { events } = await store.commit(commit)
  const again = await log.open({ client: hiding('IDEM#') }).commit(commit)
  expect(again).toMatchObject({ replayed: true, events: [{ id: events[0]?.id }] })
})

test('versions refuse before conditions, and both before documents, whatever DynamoDB says', async () => {
  await using log = await openWriters()
  const aggregate = { type: 'wallet', id: '1' }
  await log.open().commit({
    events: [{ ...added('1'), aggregate }],
    documents: [{ type: 'view', id: '1', data: 1 }],
  })
  const store = log.open({ client: hiding('AGG#') })
  const documents = [{ type: 'view', id: '1', data: 2, if: 'absent' as const }]
  const expected = [{ aggregate, version: 7 }]
  for (const conditions of [[], [{ streams: [cart('1')] }]]) {
    await expect(
      store.commit({ events: [added('2')], conditions, expect: expected, documents }),
    ).rejects.toMatchObject({ conflict: { reason: 'version', actual: 1 } })
  }
})

test('records of one order key are written together, and in order', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('0')] })
  log.sent()
  const sent = Array.from({ length: 30 }, (_, n) =>
    store.commit({ outbox: [{ type: 'm', data: n, orderKey: 'k' }] }),
  )
  expect(new Set(await outcomes(sent))).toEqual(new Set(['stored']))
  expect(log.sent().length).toBeLessThan(6)
  const records = await store.outbox.read()
  expect(records.map(({ data }) => data)).toEqual(Array.from({ length: 30 }, (_, n) => n))
})

test('64 appends at once to one key are few transactions, and no reads', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1', { n: -1 })] })
  log.sent()
  await store.commit({ events: [added('1', { n: -1 })] })
  expect(log.sent()).toEqual(['TransactWriteItems'])
  const sent = Array.from({ length: 64 }, (_, n) => store.commit({ events: [added('1', { n })] }))
  const positions = (await Promise.all(sent)).map(({ events }) => events[0]?.position)
  expect(log.sent()).toEqual(['TransactWriteItems'])
  expect(positions).toEqual(positions.toSorted((a = 0, b = 0) => a - b))
  const { events } = await store.load([cart('1')])
  expect(events.map(({ id }) => positionOf(id))).toEqual(events.map(({ position }) => position))
})

test('a decision is its heads, one query for each key, and one write', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1'), added('2')] })
  log.sent()
  const streams = [cart('1'), cart('2')]
  const { cursor } = await store.load(streams)
  await store.commit({ events: [added('1')], conditions: [{ streams, after: cursor }] })
  expect(log.sent()).toEqual(['BatchGetItem', 'Query', 'Query', 'TransactWriteItems'])
})

test('an event that is sent again with the id that the store gave it is the same event', async () => {
  await using log = await openWriters()
  const aggregate = { type: 'wallet', id: '1' }
  const commits = [
    { events: [added('1'), added('1')] },
    { events: [{ ...added('2'), aggregate }] },
    { events: [{ type: 'OPENED', data: {}, aggregate }] },
    { events: [{ type: 'NOTED', data: { n: 1 } }] },
  ]
  for (const commit of commits) {
    const { events } = await log.open().commit(commit)
    const again = await log.open().commit({ events })
    expect(again).toEqual({ events, documents: [], replayed: true })
    const other = events.map((event) => ({ ...event, type: 'OTHER' }))
    await expect(log.open().commit({ events: other })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    })
  }
  expect(faultsOf(await log.items())).toEqual([])
})

test('versions that are expected one after the other are not refused for who was sent before', async () => {
  await using log = await openWriters()
  const aggregate = { type: 'wallet', id: '1' }
  const event = { type: 'PAID', data: { walletId: '1' }, aggregate }
  // The clock of this store is behind: what it sends is refused first.
  const now = (): number => Date.now() + 3_600_000
  await log.open({ now }).commit({ events: [event] })
  const store = log.open()
  const sent = [1, 2, 3].map((version) =>
    store.commit({ events: [event], expect: [{ aggregate, version }] }),
  )
  expect(await outcomes(sent)).toEqual(['stored', 'stored', 'stored'])
})

test('what DynamoDB would not take is refused with figures before anything is sent', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1')] })
  log.sent()
  const many = Array.from({ length: 98 }, (_, n) => added(`${n}`))
  const large = Array.from({ length: 12 }, () => added('1', { large: 'x'.repeat(360_000) }))
  const data = 'x'.repeat(400 * 1024 - 120)
  const document = { type: 'v'.repeat(200), id: 'd'.repeat(200), data }
  const errors = await Promise.all(
    [
      { events: many },
      { events: large },
      { documents: [{ ...document, if: 'absent' as const }] },
    ].map(async (commit) => store.commit(commit).catch((error: unknown) => error)),
  )
  expect(errors).toMatchObject([
    { code: 'LIMIT', limit: 100, actual: 196 },
    { code: 'LIMIT', limit: 4 * 1024 * 1024 },
    { code: 'LIMIT', limit: 400 * 1024 },
  ])
  expect(log.sent()).toEqual([])
})

test('an identifier that is no boundary has copies, and no head', async () => {
  await using log = await openWriters()
  const filing = { partitionKey: 'storeId' }
  const store = log.open(filing)
  const streams = [{ filter: { storeId: '7', cartId: '1' } }]
  const { cursor } = await store.load(streams)
  const events = [added('1', { storeId: '7' }), { type: 'NOTED', data: { storeId: '7' } }]
  await store.commit({ events, conditions: [{ streams, after: cursor }] })
  const conditions = [{ streams: [{ filter: { storeId: '7' } }] }]
  expect(await outcomes([store.commit({ events, conditions })])).toEqual(['UNSUPPORTED'])
  expect(
    await outcomes([store.commit({ events, conditions: [{ streams, after: cursor }] })]),
  ).toEqual(['CONFLICT'])
  expect(faultsOf(await log.items(), filing)).toEqual([])
})

/** Lets something happen before each transaction. */
function interrupting(work: () => Promise<void>): DynamoClient {
  const client = testClient()
  const send = async (command: object, options: object): Promise<unknown> => {
    if (command.constructor.name.startsWith('TransactWrite')) await work()
    return client.send(command as never, options)
  }
  return { send }
}

/** An engine may be busy with an item whose condition would refuse, too, and not say so. */
function hiding(partition: string): DynamoClient {
  const client = testClient()
  const send = async (command: object, options: object): Promise<unknown> => {
    try {
      return await client.send(command as never, options)
    } catch (error) {
      const { CancellationReasons: reasons = [] } = error as {
        CancellationReasons?: { Code?: string; Item?: object }[]
      }
      for (const reason of reasons) {
        if (!JSON.stringify(reason.Item ?? {}).includes(partition)) continue
        reason.Code = 'TransactionConflict'
        delete reason.Item
      }
      throw error
    }
  }
  return { send }
}
