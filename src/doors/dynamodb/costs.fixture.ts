import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { Aggregate } from '../../aggregate/aggregate.ts'
import { createEvent } from '../../aggregate/create-event.ts'
import { defineIndex } from '../../aggregate/define-index.ts'
import { Processor } from '../../aggregate/processor.ts'
import { createEventService } from '../../dispatch/event-service.ts'
import { dispatchEvent } from '../../dispatch/dispatch-event.ts'
import { createEventFunctions } from './create-event-functions.ts'
import type { Commit } from '../../store/commit.ts'
import type { Streams } from '../../store/stream.ts'
import { DynamoEventStore } from '../../stores/dynamodb/index.ts'
import { meter, type Cost } from '../../stores/dynamodb/meter.fixture.ts'
import { createTable } from '../../stores/dynamodb/schema.ts'

/** What an operation costs once a store has sent its first call. */
export interface Priced {
  readonly what: string
  readonly cost: Cost
}

const data = { product: 'Espresso machine, stainless steel', quantity: 2, price: 129.9 }
const event = (ids: Readonly<Record<string, string>> = {}, id?: string) => ({
  type: 'ITEM_ADDED',
  data: { ...ids, ...data },
  ...(id !== undefined && { id }),
})
const both = (name: string) => ({ cart_id: name, user_id: `of-${name}` })
const streamsOf = (name: string): Streams => [
  { types: ['ITEM_ADDED'], filter: { cart_id: name } },
  { types: ['ITEM_ADDED'], filter: { user_id: `of-${name}` } },
]

interface Account {
  readonly email: string
  readonly balance: number
}
type AccountEvent =
  | { readonly type: 'ACCOUNT_OPENED'; readonly data: { readonly email: string } }
  | { readonly type: 'BALANCE_CHANGED'; readonly data: { readonly amount: number } }
const processor = new Processor<Account, AccountEvent>(
  {
    ACCOUNT_OPENED: ({ current, publish }) => {
      publish('WELCOME', { email: current.email })
      return { email: current.email, balance: 0 }
    },
    BALANCE_CHANGED: ({ state, current, publish }) => {
      publish('CHANGED', { amount: current.amount })
      return { ...state, balance: state.balance + current.amount }
    },
  },
  () => ({ email: '', balance: 0 }),
)

/** What this store needs for each operation, measured on tables of their own. */
export async function costsOf(engine: DynamoDBClient, prefix: string): Promise<Priced[]> {
  const client = DynamoDBDocumentClient.from(engine)
  const tableName = `${prefix}-store`
  await createTable({ client: engine, tableName })
  const cost = meter(client)
  const priced: Priced[] = []
  const price = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    priced.push({ what, cost: await cost(work) })
  }
  const store = new DynamoEventStore({ client, tableName })
  const commit = (given: Commit) => () => store.commit(given)
  const append = (ids: Readonly<Record<string, string>>, more: Commit = {}) =>
    commit({ events: [event(ids)], ...more })

  await price('the first append of a store to a new table', append({ cart_id: 'first' }))
  await price('append, no identifier', append({}))
  await price('append, one identifier', append({ cart_id: 'one' }))
  await price('append, two identifiers', append(both('two')))
  await price('append, three identifiers', append({ ...both('three'), shop_id: 'three' }))
  await price(
    'append, two identifiers, its id given',
    commit({ events: [event(both('id'), 'mine')] }),
  )
  await price(
    'append, two identifiers, an idempotency key',
    append(both('key'), { idempotency: { key: 'key' } }),
  )
  await price(
    'append, two identifiers, an event of 3 KB',
    commit({ events: [{ type: 'NOTED', data: { ...both('large'), note: 'x'.repeat(2_500) } }] }),
  )
  await price('ten appends at once on one identifier', () =>
    Promise.all(Array.from({ length: 10 }, append({ cart_id: 'hot' }))),
  )
  await price('append of ten events on one identifier', () =>
    store.commit({ events: Array.from({ length: 10 }, () => event({ cart_id: 'ten' })) }),
  )

  const aggregate = { type: 'CART', id: 'cart' }
  const appendTo = (ids: Readonly<Record<string, string>>, version: number) =>
    commit({ events: [{ ...event(ids), aggregate }], expect: [{ aggregate, version }] })
  await price('append to an aggregate at an expected version', appendTo({}, 0))
  await price('the same, and one identifier', appendTo({ user_id: 'aggregate' }, 1))

  await price('load of two streams, nothing there', () => store.load(streamsOf('decided')))
  const { cursor } = await store.load(streamsOf('decided'))
  const conditions = [{ streams: streamsOf('decided'), after: cursor }]
  await price('append under a condition on its two keys', append(both('decided'), { conditions }))
  const other = await store.load([{ filter: { user_id: 'other' } }])
  const onOther = [{ streams: [{ filter: { user_id: 'other' } }], after: other.cursor }]
  await price(
    'append on one key under a condition on another',
    append({ cart_id: 'c' }, { conditions: onOther }),
  )
  await price('decision on two streams of one event each', async () => {
    const loaded = await store.load(streamsOf('decided'))
    const after = loaded.cursor
    await store.commit({
      events: [event(both('decided'))],
      conditions: [{ streams: streamsOf('decided'), after }],
    })
  })

  const document = { type: 'Cart', id: 'cart_1', data: { items: 1 } }
  await price(
    'append, one identifier, with a new document',
    append({ cart_id: 'd' }, { documents: [{ ...document, if: 'absent' }] }),
  )
  await price(
    'append, one identifier, with a document at its revision',
    append({ cart_id: 'd' }, { documents: [{ ...document, if: { revision: 1 } }] }),
  )
  await price(
    'append, one identifier, with a document whatever is there',
    append({ cart_id: 'd' }, { documents: [document] }),
  )
  const seen = await store.load([{ filter: { cart_id: 'd' } }])
  await price(
    'a projection, by its cursor',
    commit({ documents: [{ ...document, cursor: seen.cursor, if: 'newer' }] }),
  )
  await price('a document', () => store.documents.get('Cart', 'cart_1'))
  await price(
    'append, one identifier, with an outbox record',
    append({ cart_id: 'o' }, { outbox: [{ type: 'MAIL', data: { to: 'b@example.com' } }] }),
  )
  await price('a page of the outbox', () => store.outbox.read())
  const [record] = await store.outbox.read()
  await price('an outbox record, removed', () => store.outbox.remove([record?.id ?? '']))

  for (let done = 0; done < 100; done += 20) {
    await store.commit({ events: Array.from({ length: 20 }, () => event({ cart_id: 'hundred' })) })
  }
  const hundred = [{ filter: { cart_id: 'hundred' } }]
  await price('load of a stream of 100 small events', () => store.load(hundred))
  await price('read of a stream of 100 small events', () => Array.fromAsync(store.read(hundred)))
  await price('the newest event of a stream', () =>
    Array.fromAsync(store.read(hundred, { backwards: true, limit: 1 })),
  )
  await price('a page of 20 documents', async () =>
    store.documents.query({ type: 'Cart', limit: 20 }),
  )

  const accounts = new Aggregate({
    type: 'ACCOUNT',
    store,
    processor,
    indexes: [defineIndex<Account>('byEmail', ({ state }) => state.email || null)],
  })
  await price('`Aggregate.append`, the first event: snapshot, index entry, message', () =>
    accounts.append('1', createEvent('ACCOUNT_OPENED', { email: 'b@example.com' })),
  )
  await price('`Aggregate.append`, the next by the same process: snapshot, message', () =>
    accounts.append('1', createEvent('BALANCE_CHANGED', { amount: 1 })),
  )
  const elsewhere = new Aggregate({
    type: 'ACCOUNT',
    store: new DynamoEventStore({ client, tableName }),
    processor,
    indexes: [defineIndex<Account>('byEmail', ({ state }) => state.email || null)],
  })
  await elsewhere.get('2')
  await price('`Aggregate.append`, the next by another process', () =>
    elsewhere.append('1', createEvent('BALANCE_CHANGED', { amount: 1 })),
  )
  await price('`Aggregate.get`', () => accounts.get('1'))
  await price('`Aggregate.query` that finds one', () => accounts.query('byEmail', 'b@example.com'))

  const service = createEventService({ store })
  const dispatch = () =>
    dispatchEvent(
      {
        aggregateType: 'wallet',
        aggregateId: '1',
        source: 'billing',
        eventType: 'Funded',
        payload: data,
      },
      { service },
    )
  await price('`dispatchEvent`, the first of a process for an aggregate', dispatch)
  await price('`dispatchEvent`, the next', dispatch)

  const pricesTable = `${prefix}-prices`
  await createTable({ client: engine, tableName: pricesTable, keyNames: { pk: 'pk', sk: 'sk' } })
  const prices = createEventFunctions(client, pricesTable, 'store_id')
  const raised = { type: 'PRICE_RAISED', data: { store_id: 's', product_id: 'p', ...data } }
  await prices.saveEvent(raised)
  await price('`saveEvent` in a partition, one model', () => prices.saveEvent(raised))
  await price('`getLatestEvent` of the model', () =>
    prices.getLatestEvent({
      eventType: 'PRICE_RAISED',
      modelKey: 'product_id',
      modelId: 'p',
    }),
  )
  await price('`getLatestEvent` of a type in the partition', () =>
    prices.getLatestEvent({ eventType: 'PRICE_RAISED', partitionId: 's' }),
  )
  await store.close()
  return priced
}

/** What the layouts of other libraries need for the writes that they are known for. */
export async function layoutsOf(engine: DynamoDBClient, prefix: string): Promise<Priced[]> {
  const client = DynamoDBDocumentClient.from(engine)
  const TableName = `${prefix}-layouts`
  await createTable({ client: engine, tableName: TableName, keyNames: { pk: 'pk', sk: 'sk' } })
  const cost = meter(client)
  const id = '01JA8B7K770W4XABTR20SSW99B'
  const timestamp = new Date(0).toISOString()
  const put = (pk: string, sk: string, rest: object) => ({
    Put: { TableName, Item: { pk, sk, ...rest } },
  })
  const plain = (pk: string) =>
    put(pk, id, { id, timestamp, type: 'ITEM_ADDED', data: { ...both('1'), ...data } })
  const transact = (TransactItems: TransactWriteCommandInput['TransactItems']) =>
    cost(() => client.send(new TransactWriteCommand({ TransactItems })))
  const common = { aggregateId: '1', aggregateType: 'wallet', tenantId: 't' }
  const account = { email: 'b@example.com', balance: 1, _facet: 'ACCOUNT', _ts: 0, _seq: 2 }
  const priced: Priced[] = []
  const price = async (what: string, writes: Promise<Cost>): Promise<void> => {
    priced.push({ what, cost: await writes })
  }
  await price(
    'ddb-pattern: an event under its type and one id, no guard',
    transact([plain('ITEM_ADDED'), plain('CART::1::ITEM_ADDED')]),
  )
  await price(
    'ddb-pattern: an event under its type and two ids, no guard',
    transact([plain('ITEM_ADDED'), plain('CART::1::ITEM_ADDED'), plain('USER::1::ITEM_ADDED')]),
  )
  await price(
    'ddb-pattern: a page of 25 or fewer events',
    cost(() =>
      client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': 'ITEM_ADDED' },
          Limit: 25,
        }),
      ),
    ),
  )
  await price(
    'auriclabs events: head and event of an aggregate',
    transact([
      {
        Update: {
          TableName,
          Key: { pk: 'AGG#wallet#1', sk: 'HEAD' },
          UpdateExpression:
            'SET currentVersion = :one, lastEventId = :id, lastIdemKey = :id, updatedAt = :at',
          ConditionExpression: 'attribute_not_exists(currentVersion) OR lastIdemKey = :id',
          ExpressionAttributeValues: { ':one': 1, ':id': `evt-${id}`, ':at': timestamp },
        },
      },
      put('AGG#wallet#1', 'EVT#000000001', {
        itemType: 'event',
        source: 'billing',
        version: 1,
        eventId: `evt-${id}`,
        eventType: 'Funded',
        schemaVersion: 1,
        occurredAt: timestamp,
        payload: data,
        ...common,
      }),
    ]),
  )
  await price(
    'rules engine: snapshot, event, message and index record',
    transact([
      put('ACCOUNT/1', 'STATE', account),
      put('ACCOUNT/1', 'INBOUND/BALANCE_CHANGED/2', { amount: 1, _facet: 'ACCOUNT', _seq: 2 }),
      put('ACCOUNT/1', 'OUTBOUND/CHANGED/2/0', { amount: 1, _facet: 'ACCOUNT', _seq: 2 }),
      put('ACCOUNT/byEmail/b@example.com', 'STATE', account),
    ]),
  )
  return priced
}
