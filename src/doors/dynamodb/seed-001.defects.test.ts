import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import {
  createDispatch,
  dispatchEvent,
  dispatchEvents,
  getEventContext,
  isEventfoldError,
  resetEventContext,
  withEventContext,
} from 'eventfold'
import { initEvents } from 'eventfold/dynamodb'
import { createEventListener } from 'eventfold/sqs'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { firstCalls, withClientFaults } from '../../stores/dynamodb/faults.fixture.ts'
import { consume, streamOf } from '../streams/table-stream.fixture.ts'
import { useTargets } from '../streams/targets.fixture.ts'
import { hasTable } from './todo.fixture.ts'
import { funded, openWallets, wallet, wallets, type Wallets } from './wallet.fixture.ts'

const PK = 'AGG#wallet#wal_123'
const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** What the package of the document did wrong (A1 to A14), each as a test that it would fail. */
describe.runIf(hasTable)('seed 001 on a table', () => {
  const targets = useTargets()
  let log: Wallets
  beforeEach(async () => {
    log = await openWallets()
    onTestFinished(() => log[Symbol.asyncDispose]())
  })
  afterEach(resetEventContext)
  const history = async () => (await log.service.listEvents(wallet)).data
  const versions = async () => (await history()).map(({ version }) => version)

  test('A1: a conflict is one, with both versions, and no error of the database', async () => {
    await wallets.funded('wal_123', 1)
    const late = dispatchEvent({ ...funded, expectedVersion: 0 })
    await expect(late).rejects.toMatchObject({
      name: 'ConcurrencyError',
      code: 'CONFLICT',
      retryable: true,
      outcome: 'none',
      message: expect.stringMatching(/^Concurrent modification detected/u),
      conflict: { reason: 'version', aggregate: { type: 'wallet', id: 'wal_123' }, expected: 0 },
    })
    expect(await versions()).toEqual([1])
  })

  test.each(['lost', 'server-error', 'late', 'cut'] as const)(
    'A2: where the answer to a dispatch is %s there is no second event',
    async (fault) => {
      const plan = firstCalls('TransactWriteItems', [fault, fault])
      const { client, met, settled } = withClientFaults(testClient(), plan)
      initEvents({ tableName: log.tableName, client })
      expect(await dispatchEvent(funded)).toMatchObject({ version: 1 })
      await settled()
      expect(met.get(fault)).toBeGreaterThan(0)
      expect(await versions()).toEqual([1])
      expect(await dispatchEvent(funded)).toMatchObject({ version: 2 })
      // One record for each event: what follows the stream sees no second one either.
      const records = await streamOf(log.tableName)
      const types = records.map(({ dynamodb }) => dynamodb?.NewImage?.['itemType']?.S)
      expect(types.filter((type) => type === 'event')).toHaveLength(2)
    },
  )

  test('A3: a key is remembered for good: versions have no holes, and no head goes back', async () => {
    const first = { ...funded, idempotencyKey: 'command-1' }
    await dispatchEvent(first)
    await dispatchEvent({ ...funded, idempotencyKey: 'command-2' })
    for (const again of [first, { ...first, expectedVersion: 20 }]) {
      expect(await dispatchEvent(again)).toMatchObject({ version: 1 })
    }
    expect(await log.item(PK, 'HEAD')).toMatchObject({ currentVersion: 2, count: 2 })
    await dispatchEvent(funded)
    expect(await versions()).toEqual([1, 2, 3])
  })

  test('A4: an event is never changed, whoever sends another one under its id', async () => {
    const named = { ...funded, eventId: 'evt-1', expectedVersion: 0 }
    await dispatchEvent(named)
    const before = await log.item(PK, 'EVT#000000001')
    const other = { ...named, payload: { amount: 1 } }
    await expect(dispatchEvent(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(await dispatchEvent(named)).toMatchObject({ version: 1 })
    expect(await log.item(PK, 'EVT#000000001')).toEqual(before)
  })

  test('A5: a decision on what was seen is refused once that is no longer so', async () => {
    await dispatchEvents(
      times(5, () => funded),
      { inOrder: true },
    )
    const seen = await log.service.getHead('wallet', 'wal_123')
    await dispatchEvents(
      times(3, () => funded),
      { inOrder: true },
    )
    const decided = createDispatch({
      withdrawn: (expectedVersion: number) => ({
        ...funded,
        eventType: 'Wallet.Withdrawn',
        expectedVersion,
      }),
    })
    const late = decided.withdrawn(seen?.currentVersion ?? 0)
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT', conflict: { actual: 8 } })
    expect(await versions()).toHaveLength(8)
  })

  test('A6: 30 writers of several processes to one aggregate all get through', async () => {
    const services = times(6, () => log.elsewhere())
    const results = await Promise.all(
      times(30, (at) =>
        dispatchEvent({ ...funded, payload: { amount: at } }, { service: services[at % 6] }),
      ),
    )
    const got = results.map(({ version }) => version).toSorted((a, b) => a - b)
    expect(got).toEqual(times(30, (at) => at + 1))
    expect(await versions()).toEqual(got)
    const amounts = (await history()).map(({ payload }) => (payload as { amount: number }).amount)
    expect(amounts.toSorted((a, b) => a - b)).toEqual(times(30, (at) => at))
    expect(await log.item(PK, 'HEAD')).toMatchObject({ currentVersion: 30, count: 30 })
  })

  test('A6: of decisions at once in several processes one is stored for each version', async () => {
    const services = times(4, () => log.elsewhere())
    const decide = async (at: number): Promise<unknown> => {
      const service = services[at % 4]
      for (;;) {
        const head = await service?.getHead('wallet', 'wal_123')
        const expectedVersion = head?.currentVersion ?? 0
        const event = { ...funded, payload: { amount: expectedVersion }, expectedVersion }
        try {
          return await dispatchEvent(event, { service })
        } catch (error) {
          if (!isEventfoldError(error, 'CONFLICT')) throw error
        }
      }
    }
    await Promise.all(times(8, decide))
    const payloads = (await history()).map(({ payload }) => payload)
    expect(payloads).toEqual(times(8, (amount) => ({ amount })))
  })

  test('A6: what can never succeed is sent once, and tried no more', async () => {
    let calls = 0
    const { client } = withClientFaults(testClient(), ({ name }) => {
      if (name === 'TransactWriteItems') calls += 1
      return undefined
    })
    initEvents({ tableName: log.tableName, client })
    const large = dispatchEvent({ ...funded, payload: { text: 'x'.repeat(400_000) } })
    await expect(large).rejects.toMatchObject({ code: 'LIMIT' })
    await dispatchEvent(funded)
    await expect(dispatchEvent({ ...funded, expectedVersion: 7 })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(calls).toBe(2)
  })

  test('A7: requests at once do not see the context of each other', async () => {
    await Promise.all(
      times(10, (at) =>
        withEventContext({ correlationId: `corr-${at}`, tenantId: `t-${at}` }, async () => {
          await wallets.funded(`wal_${at}`, 1)
          await wallets.funded(`wal_${at}`, 2)
        }),
      ),
    )
    expect(getEventContext()).toEqual({})
    for (const at of times(10, (index) => index)) {
      const { data } = await log.service.listEvents({ ...wallet, aggregateId: `wal_${at}` })
      const own = { correlationId: `corr-${at}`, tenantId: `t-${at}` }
      expect(data).toMatchObject([own, own])
      expect(data[0]?.eventId).not.toBe(data[1]?.eventId)
    }
  })

  test('A8: a dispatch needs no options, and what an event says goes before them', async () => {
    const plain = createDispatch({ funded: () => funded })
    await plain.funded()
    const shared = createDispatch({ funded: () => funded }, { source: 'other', actorId: 'ada' })
    await shared.funded()
    expect(await history()).toMatchObject([
      { source: 'billing' },
      { source: 'billing', actorId: 'ada' },
    ])
  })

  test('A9: no circle of aliases hangs, and no name that every object has is a handler', async () => {
    expect(() => createEventListener({ A: 'B', B: 'A' })).toThrow(/A/u)
    await dispatchEvent({ ...funded, eventType: 'constructor' })
    const url = await targets.queue()
    await targets.handlerOf({ queueUrls: [url] })({ Records: await streamOf(log.tableName) })
    const [message] = await targets.queues.received(url)
    const record = { messageId: 'm1', body: message?.text ?? '', attributes: {} }
    const listen = createEventListener(
      {},
      { unknown: 'refuse', log: { debug: () => {}, info: () => {}, error: () => {} } },
    )
    expect(await listen({ Records: [record] })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    })
  })

  test('A10: nothing is lost where a queue refuses, and types do not share a group', async () => {
    for (const aggregateType of ['wallet', 'order']) {
      await dispatchEvents(
        times(12, () => ({ ...funded, aggregateType })),
        { inOrder: true },
      )
    }
    const url = await targets.queue('.fifo')
    const records = await streamOf(log.tableName)
    const handler = targets.handlerOf({
      queueUrls: [url],
      busName: 'events',
      reportBatchItemFailures: true,
    })
    let asked = 0
    targets.bus.refuse = () =>
      (asked += 1) % 7 === 0 ? { code: 'ThrottlingException', message: 'Slow down.' } : undefined
    await consume(records, handler, { size: 5 })
    const received = await targets.queues.received(url)
    const groups = Map.groupBy(received, ({ group }) => group)
    expect(groups.size).toBe(2)
    for (const messages of groups.values()) {
      const told = messages.map(({ body }) => (body as { version: number }).version)
      expect(told).toEqual(times(12, (at) => at + 1))
    }
    expect(
      new Set(targets.bus.details().map((event) => (event as { eventId: string }).eventId)).size,
    ).toBe(24)
  })

  test('A11: heads, events and lists are read consistently', async () => {
    const reads: unknown[] = []
    const { client } = withClientFaults(testClient(), ({ name, input }) => {
      const { RequestItems, ConsistentRead } = input
      if (name === 'GetItem' || name === 'Query') reads.push(ConsistentRead)
      if (name === 'BatchGetItem') {
        for (const batch of Object.values(RequestItems ?? {})) {
          reads.push((batch as { ConsistentRead?: boolean }).ConsistentRead)
        }
      }
      return undefined
    })
    const service = log.elsewhere(client)
    for (let version = 1; version <= 5; version += 1) {
      await wallets.funded('wal_123', version)
      expect(await service.getHead('wallet', 'wal_123')).toMatchObject({ currentVersion: version })
      expect(await service.getEvent('wallet', 'wal_123', version)).toMatchObject({ version })
      expect((await service.listEvents(wallet)).data).toHaveLength(version)
    }
    expect(reads.length).toBeGreaterThan(14)
    expect(new Set(reads)).toEqual(new Set([true]))
  })

  test('A12: a list is whole beyond a page of the database, and whoever has caught up gets none', async () => {
    const text = 'x'.repeat(150_000)
    await dispatchEvents(
      times(9, () => ({ ...funded, payload: { text } })),
      { inOrder: true },
    )
    expect(await versions()).toEqual(times(9, (at) => at + 1))
    const caughtUp = { ...wallet, fromVersionExclusive: 9, toVersionInclusive: 9 }
    expect(await log.service.listEvents(caughtUp)).toEqual({
      data: [],
      cursor: null,
      hasMore: false,
    })
    const pages: number[] = []
    let cursor: string | null = null
    do {
      const page = await log.service.listEvents({ ...wallet, limit: 4, cursor })
      pages.push(page.data.length)
      cursor = page.cursor
    } while (cursor !== null)
    expect(pages).toEqual([4, 4, 1])
  })

  test('A13: no name reaches the aggregate of another, and a head says that it is one', async () => {
    await dispatchEvent({ ...funded, aggregateType: 'a#b', aggregateId: 'c' })
    await dispatchEvent({ ...funded, aggregateType: 'a', aggregateId: 'b#c' })
    await dispatchEvent({ ...funded, aggregateType: 'a', aggregateId: 'b%23c' })
    for (const pk of ['AGG#a%23b#c', 'AGG#a#b%23c', 'AGG#a#b%2523c']) {
      expect(await log.items(pk)).toHaveLength(2)
      expect(await log.item(pk, 'HEAD')).toMatchObject({ itemType: 'head', currentVersion: 1 })
    }
    expect(await log.items('AGG#a#b#c')).toEqual([])
  })

  test('A13: versions end where their digits do, and the limit is named', async () => {
    await dispatchEvent(funded)
    await log.client.send(
      new UpdateCommand({
        TableName: log.tableName,
        Key: { pk: PK, sk: 'HEAD' },
        UpdateExpression: 'SET currentVersion = :last',
        ExpressionAttributeValues: { ':last': 999_999_999 },
      }),
    )
    const one = dispatchEvent(funded, { service: log.elsewhere() })
    await expect(one).rejects.toMatchObject({
      code: 'LIMIT',
      actual: 1_000_000_000,
      limit: 999_999_999,
    })
  })

  test('A14: all or nothing, in order, and every result is answered', async () => {
    const order = { ...funded, aggregateType: 'order', aggregateId: 'ord_1' }
    const results = await dispatchEvents([funded, order, funded], { atomic: true })
    expect(results.map(({ sk }) => sk)).toEqual(['EVT#000000001', 'EVT#000000001', 'EVT#000000002'])
    const refused = dispatchEvents([order, { ...funded, expectedVersion: 0 }], { atomic: true })
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await log.item('AGG#order#ord_1', 'HEAD')).toMatchObject({ currentVersion: 1 })
    const many = dispatchEvents(
      times(60, () => funded),
      { atomic: true },
    )
    await expect(many).rejects.toMatchObject({ code: 'LIMIT', limit: 100, actual: 121 })
    expect(await versions()).toEqual([1, 2])
  })
})
