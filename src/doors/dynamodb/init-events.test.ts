import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import {
  createDispatch,
  dispatchEvent,
  getEventService,
  initEvents as initOnStore,
} from 'eventfold'
import { createTable, DynamoEventStore, initEvents } from 'eventfold/dynamodb'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import { dynamodbEndpoint, freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { hasTable } from './todo.fixture.ts'

const keyNames = { pk: 'pk', sk: 'sk' }
const wallet = { aggregateType: 'wallet', aggregateId: 'wal_123', source: 'billing' }
const funded = { ...wallet, eventType: 'Wallet.Funded', payload: { amount: 5000 } }

/** A table as `initEvents` takes it by default, gone when the test ends. */
async function table(): Promise<string> {
  const made = await freshTable({ keyNames })
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made.tableName
}

// Of the process, for all tests after.
afterEach(() => initOnStore({ store: new MemoryEventStore() }))

describe.runIf(hasTable)('initEvents', () => {
  test('makes a client of its own, at the endpoint that the environment names', async () => {
    const tableName = await table()
    vi.stubEnv('AWS_ENDPOINT_URL', dynamodbEndpoint())
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
    onTestFinished(() => void vi.unstubAllEnvs())
    initEvents({ tableName })
    expect((await dispatchEvent(funded)).version).toBe(1)
    expect((await getEventService().getHead('wallet', 'wal_123'))?.currentVersion).toBe(1)
  })

  test('called again it replaces the table, also for what was made before', async () => {
    const [first, second] = [await table(), await table()]
    const dispatch = createDispatch({ funded: () => funded })
    const before = initEvents({ tableName: first, client: testClient() })
    await dispatch.funded()
    const onItsWay = dispatch.funded()
    initEvents({ tableName: second, client: testClient() })
    expect((await dispatch.funded()).version).toBe(1)
    // What was on its way arrived where it was sent, and that store is open.
    expect((await onItsWay).version).toBe(2)
    const streams = [{ aggregate: { type: 'wallet', id: 'wal_123' } }]
    expect((await before.load(streams)).events).toHaveLength(2)
  })

  test('gives the store: what was dispatched is read by streams, and decided upon', async () => {
    const store = initEvents({ tableName: await table(), client: testClient() })
    expect(store).toBeInstanceOf(DynamoEventStore)
    const order = { ...wallet, aggregateType: 'order', aggregateId: 'ord_1' }
    await dispatchEvent({ ...order, eventType: 'Order.Paid', payload: { wallet_id: 'wal_123' } })
    const streams = [{ types: ['Order.Paid'], filter: { wallet_id: 'wal_123' } }]
    const { events, cursor } = await store.load(streams)
    expect(events).toMatchObject([{ aggregate: { id: 'ord_1', version: 1 } }])
    await dispatchEvent({ ...order, eventType: 'Order.Paid', payload: { wallet_id: 'wal_123' } })
    const noted = { type: 'Paid', data: {} }
    const late = store.commit({ conditions: [{ streams, after: cursor }], events: [noted] })
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('keyNames names the keys of another table; without it the error names the option', async () => {
    const other = await freshTable()
    onTestFinished(() => other[Symbol.asyncDispose]())
    const { tableName } = other
    initEvents({ tableName, client: testClient() })
    await expect(dispatchEvent(funded)).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('keyNames'),
    })
    initEvents({ tableName, client: testClient(), keyNames: { pk: '_pk', sk: '_sk' } })
    expect((await dispatchEvent(funded)).version).toBe(1)
  })

  test('a table that is not there: the call that makes it is named, and then it works', async () => {
    const client = testClient()
    const tableName = `missing-${process.pid}`
    initEvents({ tableName, client })
    await expect(dispatchEvent(funded)).rejects.toThrow(/createTable/u)
    await createTable({ client, tableName, keyNames })
    const drop = () => client.send(new DeleteTableCommand({ TableName: tableName }))
    onTestFinished(async () => void (await drop()))
    expect((await dispatchEvent(funded)).version).toBe(1)
  })
})

test('nothing is sent before the first call', () => {
  const send = vi.fn<() => Promise<unknown>>()
  const store = initEvents({ tableName: 'none', client: { send } })
  expect(store.capabilities.totalOrder).toBe(false)
  expect(getEventService()).toHaveProperty('appendEvent')
  expect(send).not.toHaveBeenCalled()
})

test('what cannot be meant is refused by name', () => {
  const refused: readonly [unknown, string][] = [
    [undefined, 'initEvents: expected an object'],
    [{}, 'initEvents.tableName: expected a non-empty string'],
    [{ tableName: '' }, 'initEvents.tableName: expected a non-empty string'],
    [{ tableName: 'a', client: {} }, 'client: expected a DynamoDBDocumentClient'],
    [{ tableName: 'a', tabelName: 'b' }, '"tabelName"'],
    [{ tableName: 'a', events: {} }, 'events: expected what defineEvents has made'],
  ]
  for (const [config, message] of refused) {
    expect(() => initEvents(config as never), message).toThrow(message)
  }
})
