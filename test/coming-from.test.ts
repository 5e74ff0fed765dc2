import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { MemoryEventStore } from 'eventfold'
import { migrate } from 'eventfold/drizzle'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { freshTable, testClient } from '../src/stores/dynamodb/engine.fixture.ts'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

/** Code as the users of other libraries have it. Its folder has a tsconfig of its own. */
const folder = join(import.meta.dirname, 'coming-from')

describe('code written for another library', () => {
  test.each([
    ['7', 'node_modules/.bin/tsc'],
    ['5.9', 'test/typescript-5/node_modules/.bin/tsc'],
  ])('compiles with TypeScript %s', (version, tsc) => {
    const said = (...args: string[]): string => spawnSync(tsc, args, { encoding: 'utf8' }).stdout
    expect(said('--version')).toContain(`Version ${version}.`)
    expect(said('-p', folder)).toBe('')
  })

  // Imported by a name that is computed, so that the project's own tsconfig does not follow it.
  const load = (file: string) => import(join(folder, file))

  test('for Drizzle does what its document says', async () => {
    const { events, projections } = await load('drizzle/shop.ts')
    const { walkThrough } = await load('drizzle/walk.ts')
    await using database = await freshDatabase()
    const pool = new Pool({ connectionString: database.url })
    pool.on('error', () => {})
    try {
      const db = drizzle(pool)
      await migrate(db, { events, projections })
      const cart = { id: 'cart_1', userId: 'user_1', isPaid: false }
      const first = { productId: 'prod_1', quantity: 1, priceAtTime: 1999 }
      const second = { productId: 'prod_2', quantity: 1, priceAtTime: 500 }
      const after = { ...cart, items: [first, second], total: 2499 }
      expect(await walkThrough(db)).toMatchObject({
        literal: expect.stringContaining('Concurrent modification detected'),
        before: { ...cart, items: [first], total: 1999 },
        saved: 'PUT_IN',
        status: 'created',
        after,
        notes: { ...after, lastNote: 'wrap it', by: 'user_1' },
        found: [{ data: after }],
        several: [{ data: after }],
      })
    } finally {
      await pool.end()
    }
  })

  test('for DynamoDB does what its document says', async () => {
    const { walkThrough } = await load('dynamodb/prices.ts')
    await using prices = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
    const of = { product_id: expect.any(String), store_id: expect.any(String) }
    expect(await walkThrough(testClient(), prices.tableName)).toEqual({
      latestPrice: 90,
      lowered: [100, 90],
      raised: [['PRICE_RAISED', { price: 110, ...of }]],
      elsewhere: undefined,
    })
    const todos = await load('dynamodb/todos.ts')
    await using lists = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
    expect(await todos.walkThrough(testClient(), lists.tableName)).toEqual({
      todo: { title: 'paint', assignedTo: 'user_1' },
      of: ['todo_1'],
    })
  })

  test('for dispatch does what its document says', async () => {
    const { walkThrough } = await load('dispatch/walk.ts')
    const store = new MemoryEventStore()
    const result = await walkThrough(store)
    const caused = { actorId: 'user-456', causationId: 'evt-789' }
    expect(result).toMatchObject({
      funded: { pk: 'AGG#wallet#wal_123', sk: 'EVT#000000001', version: 1 },
      balance: 4000,
      withdrawn: { version: 4 },
      refused: 1,
      moved: ['AGG#wallet#wal_123', 'AGG#wallet#wal_456'],
      taken: 1000,
      head: 8,
    })
    expect(result.history).toMatchObject([
      { version: 1, eventType: 'Wallet.Funded', actorId: 'user-456', payload: { amount: 5000 } },
      { version: 2, eventType: 'Wallet.Withdrawn', ...caused },
      { version: 3, payload: { text: 'for rent', by: 'user-456' } },
      { version: 4, payload: { amount: 4000 } },
      { version: 5, payload: { amount: 0 } },
      { version: 6, payload: { amount: 4500 } },
      { version: 7, payload: { amount: 4500 } },
      { version: 8, eventType: 'Wallet.Limited', payload: { limit: 4000 } },
    ])
    // One for each event that was handled, in its conversation.
    expect(result.audits).toMatchObject([
      { source: 'corr-123', causationId: result.first },
      { source: 'unknown' },
    ])
    await store.close()

    const { walkThroughTable } = await load('dispatch/lambda.ts')
    await using table = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
    expect(await walkThroughTable(testClient(), table.tableName)).toEqual({
      seen: ['wal_123 5000', 'wal_123 1', 'wal_123 2'],
      failed: 0,
      keys: ['EVT#000000001', 'EVT#000000002', 'EVT#000000003'],
      // The listener has dispatched one more.
      head: 4,
    })
  })

  test('for the rules engine does what its document says', async () => {
    const { runExample } = await load('rules/document.ts')
    const { runTyped } = await load('rules/typed.ts')
    const { walkThrough } = await load('rules/walk.ts')
    const store = new MemoryEventStore()
    const owner = { email: 'owner@example.com', balance: 50 }
    expect(await runExample(store)).toEqual({
      balance: 50,
      byEmail: [{ ref: { type: 'ACCOUNT', id: 'account-1' }, state: owner, sequence: 2 }],
    })
    const { runExampleOnTable } = await load('rules/dynamo.ts')
    await using table = await freshTable()
    expect(await runExampleOnTable(testClient(), table.tableName)).toMatchObject({
      balance: 50,
      byEmail: [{ ref: { type: 'ACCOUNT', id: 'account-1' }, state: owner, sequence: 2 }],
      waiting: [{ type: 'BALANCE_CHANGED', data: { balance: 50 } }],
    })
    const { openLocalStorage, runExampleInStorage } = await load('rules/browser.ts')
    // Outside of browsers there is none.
    await expect(openLocalStorage().load('all')).rejects.toMatchObject({ fault: 'denied' })
    const values = new Map<string, string>()
    const storage = {
      getItem: (key: string) => values.get(key) ?? null,
      setItem: (key: string, value: string) => void values.set(key, value),
    }
    expect(await runExampleInStorage(storage)).toMatchObject({
      balance: 50,
      byEmail: [{ ref: { type: 'ACCOUNT', id: 'account-1' }, state: owner, sequence: 2 }],
      change: [{ type: 'ACCOUNT', id: 'account-1' }, 'local', 50],
      waiting: [{ type: 'BALANCE_CHANGED', data: { balance: 50 } }],
    })
    expect(await runTyped(new MemoryEventStore())).toMatchObject({ email: 'owner@example.com' })
    const published = ['BALANCE_CHANGED', 'BALANCE_CHANGED', 'BALANCE_CHANGED']
    published.push('ACCOUNT_OVERDRAWN', 'BALANCE_CHANGED')
    const after = { email: 'owner@example.com', owner: 'Owner', balance: -25 }
    expect(await walkThrough(new MemoryEventStore())).toEqual({
      opened: [{ type: 'BALANCE_CHANGED', data: { balance: 50 } }],
      renamed: 'Owner',
      balance: -50,
      late: expect.stringContaining('Concurrent modification detected'),
      seen: 6,
      account: after,
      nobody: undefined,
      replayed: { state: after, sequence: 6, published },
      waiting: published,
    })
  })
})
