import { setTimeout as delay } from 'node:timers/promises'
import { createOutboxRelay, type OutboxMessage } from 'eventfold'
import { DynamoEventStore, type DynamoClient } from 'eventfold/dynamodb'
import { expect, test } from 'vitest'
import { freshTable, testClient } from '../../src/stores/dynamodb/engine.fixture.ts'
import { laggingClients } from '../../src/stores/dynamodb/lagging.fixture.ts'

const accept = async (messages: readonly unknown[]) =>
  messages.map(() => ({ status: 'fulfilled' as const }))

const stores = process.env['STORES']?.split(',')
const hasDynamo = !stores || stores.includes('dynamodb')

test.runIf(hasDynamo)(
  'messages of a key are published in order while transactions become visible item by item',
  async () => {
    const clientOf = laggingClients()
    await using table = await freshTable()
    const { tableName } = table
    const writers = Array.from({ length: 5 }, () => {
      return new DynamoEventStore({ client: clientOf(), tableName })
    })
    const sent: OutboxMessage[] = []
    await using relay = createOutboxRelay({
      // What waits for its lease looks too seldom to see anything.
      store: new DynamoEventStore({ client: leasing(clientOf()), tableName }),
      name: 'relay',
      pollInterval: 1,
      publisher: {
        keepsOrder: true,
        publish: async (messages) => {
          sent.push(...messages)
          return accept(messages)
        },
      },
    })
    const running = relay.run()
    await Promise.all(
      writers.map(async (store) => {
        for (let n = 0; n < 15; n += 1) {
          const events = [{ type: 'ITEM_ADDED', data: { cart_id: '1' } }]
          await store.commit({ events, outbox: [{ type: 'message', data: n }] })
          await delay(Math.random() * 20)
        }
      }),
    )
    for (let waits = 0; sent.length < 75 && waits < 1000; waits += 1) await delay(10)
    await relay.close()
    await running
    const positions = sent.map(({ event }) => event?.position ?? 0)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(new Set(positions).size).toBe(75)
  },
)

/** A client whose own transactions are not late. */
function leasing(late: DynamoClient): DynamoClient {
  const prompt: DynamoClient = testClient()
  return {
    send: (command, options) => {
      const { name } = (command as object).constructor
      return (name.startsWith('Query') ? late : prompt).send(command, options)
    },
  }
}

test.runIf(hasDynamo)('a relay asks DynamoDB seldom, whoever gave the ids', async () => {
  for (const isNamed of [false, true]) {
    await using table = await freshTable()
    const { tableName } = table
    const client: DynamoClient = testClient()
    let requests: string[] = []
    const counted: DynamoClient = {
      send: (command, options) => {
        requests.push((command as object).constructor.name.replace('Command', ''))
        return client.send(command, options)
      },
    }
    const store = new DynamoEventStore({ client: counted, tableName })
    for (let n = 0; n < 300; n += 50) {
      const outbox = Array.from({ length: 50 }, (_, index) => {
        const id = isNamed ? `msg_${n + index}` : undefined
        return { id, type: 'message', data: n, orderKey: `key_${n % 7}` }
      })
      await store.commit({ outbox })
    }
    requests = []
    const publisher = { keepsOrder: true, publish: accept }
    await using relay = createOutboxRelay({ store, publisher, name: 'relay' })
    expect(await relay.drain()).toEqual({ published: 300, failed: 0 })
    const count = (name: string): number => requests.filter((each) => each === name).length
    // Two looks at each of three pages, one that finds none, and the lease.
    expect(count('Query')).toBeLessThanOrEqual(9)
    expect(count('BatchWriteItem')).toBe(12)
    expect(count('TransactWriteItems')).toBeLessThanOrEqual(6)
    expect(requests.length).toBeLessThanOrEqual(30)
  }
})
