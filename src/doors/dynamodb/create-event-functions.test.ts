import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../../client/create-client.ts'
import { defineDecision } from '../../decide/decision.ts'
import { defineEvents } from '../../event/definition.ts'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { createEventFunctions } from './index.ts'
import { hasTable } from './todo.fixture.ts'

const keyNames = { pk: 'pk', sk: 'sk' }
const raised = (price: number) => ({
  type: 'PRICE_RAISED',
  data: { store_id: 'store_1', product_id: 'prod_1', price },
})

describe.runIf(hasTable)('a client of a table', () => {
  test('pk and sk are those of an item: the event itself, or what leads to it', async () => {
    await using table = await freshTable({ keyNames })
    const client = testClient()
    const prices = createEventFunctions(client, table.tableName, 'store_id')
    const itemOf = async ({ pk, sk }: { pk: string; sk: string }) =>
      (await client.send(new GetCommand({ TableName: table.tableName, Key: { pk, sk } }))).Item
    const saved = await prices.saveEvent(raised(5))
    expect(saved).toMatchObject({ pk: 'KEY#product_id=s:prod_1', sk: saved.id })
    expect(await itemOf(saved)).toMatchObject({ itemType: 'event', id: saved.id })
    const inStore = await prices.saveEvent({ type: 'STORE_OPENED', data: { store_id: 'store_1' } })
    expect(await itemOf(inStore)).toMatchObject({ itemType: 'event', id: inStore.id })
    const loose = await prices.saveEvent({ type: 'DAY_BEGAN', data: {} })
    expect(await itemOf(loose)).toMatchObject({ itemType: 'event', id: loose.id })
    const named = await prices.saveEvent({ ...raised(6), id: 'mine' })
    expect(await itemOf(named)).toMatchObject({ itemType: 'id', eventPk: saved.pk })
    const stream = { eventTypes: ['PRICE_RAISED'], partitionId: 'store_1' }
    expect(await prices.getEventStream(stream)).toEqual([saved, named])
  })

  test('the log is one, whatever opens it: a decision runs on the store of the door', async () => {
    await using table = await freshTable({ keyNames })
    const prices = createEventFunctions(testClient(), table.tableName, 'store_id')
    await prices.saveEvent(raised(5))
    const events = defineEvents({
      PRICE_RAISED: z.object({ store_id: z.string(), product_id: z.string(), price: z.number() }),
    })
    const raise = defineDecision(events, {
      streams: (product: string) => [{ types: ['PRICE_RAISED'], filter: { product_id: product } }],
      initialState: 0,
      evolve: { PRICE_RAISED: (_, { data }) => data.price },
      decide: (product_id, price) => ({
        type: 'PRICE_RAISED',
        data: { store_id: 'store_1', product_id, price: price + 1 },
      }),
    })
    const client = createEventClient({ store: prices.store, events })
    await raise.execute(client, 'prod_1')
    const query = { eventType: 'PRICE_RAISED', partitionId: 'store_1' }
    expect((await prices.getLatestEvent(query))?.data['price']).toBe(6)
  })

  test.each([
    ['tableName', undefined, 'store_id', /^tableName: expected a non-empty string/u],
    ['tableName', '', 'store_id', /^tableName: expected a non-empty string/u],
    [
      'partitionKey',
      'events',
      'storeId',
      /^partitionKey: expected a key of data that ends in '_id'/u,
    ],
    ['partitionKey', 'events', '_id', /^partitionKey: expected/u],
    ['partitionKey', 'events', undefined, /^partitionKey: expected/u],
  ])('refuses %s where it is %o, %o', (_, tableName, partitionKey, message) => {
    const open = () => createEventFunctions(testClient(), tableName as never, partitionKey as never)
    expect(open).toThrow(message)
  })

  test('refuses what is no client', () => {
    const open = () => createEventFunctions({} as never, 'events', 'store_id')
    expect(open).toThrow(/client: expected a DynamoDBDocumentClient/u)
  })

  test('a table that is missing, has other keys or is filed otherwise is told', async () => {
    const missing = createEventFunctions(testClient(), 'no-such-table', 'store_id')
    await expect(missing.saveEvent(raised(5))).rejects.toThrow(/no-such-table.*createTable/u)
    await using table = await freshTable()
    const { tableName } = table
    const other = createEventFunctions(testClient(), tableName, 'store_id')
    await expect(other.saveEvent(raised(5))).rejects.toThrow(/keyNames/u)
    const named = { keyNames: { pk: '_pk', sk: '_sk' } }
    await createEventFunctions(testClient(), tableName, 'store_id', named).saveEvent(raised(5))
    const filed = createEventFunctions(testClient(), tableName, 'shop_id', named)
    await expect(filed.saveEvent(raised(5))).rejects.toMatchObject({ fault: 'identifiers' })
  })
})
