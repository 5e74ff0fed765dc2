import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'eventfold/drizzle'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
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
})
