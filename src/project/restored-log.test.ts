import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqlite } from 'eventfold/sqlite'
import { expect, test } from 'vitest'
import { shop, shopClient, stores } from '../client/stores.fixture.ts'
import { defineProjection } from './define-projection.ts'

const cartView = defineProjection(shop, {
  type: 'cart',
  streams: (cartId) => [{ filter: { cartId } }],
  initialState: { products: [] as string[] },
  evolve: {
    ITEM_ADDED: ({ products }, { data }) => ({ products: [...products, data.productId] }),
  },
})
const item = (productId: string) =>
  ({ type: 'ITEM_ADDED', data: { cartId: 'cart_1', productId } }) as const

// Backups of the log may be older than what was saved of it, where both are kept apart.
test.runIf(stores.some(({ name }) => name === 'sqlite'))(
  'what was saved of a longer log is left aside when the log is restored, and saved again',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'eventfold-'))
    const path = join(folder, 'log.db')
    const session = async (work: (client: ReturnType<typeof shopClient>) => Promise<void>) => {
      await using store = openSqlite(path)
      await work(shopClient(store))
    }
    await session(async (client) => {
      await client.saveEvent(item('a'))
    })
    copyFileSync(path, `${path}.backup`)
    await session(async (client) => {
      await client.saveEvents([item('b'), item('c')])
      await cartView.save(client, 'cart_1')
    })

    // The log goes back to its first event, the saved view does not.
    const lost = new DatabaseSync(path)
    const columns = 'type, id, data, cursor, revision, updated_at'
    const view = lost.prepare(`select ${columns} from eventfold_documents`).get() ?? {}
    lost.close()
    for (const file of ['', '-wal', '-shm']) rmSync(`${path}${file}`, { force: true })
    copyFileSync(`${path}.backup`, path)
    const restored = new DatabaseSync(path)
    restored
      .prepare(`insert into eventfold_documents (${columns}) values (?, ?, ?, ?, ?, ?)`)
      .run(...Object.values(view))
    restored.close()

    await session(async (client) => {
      expect(await cartView.get(client, 'cart_1')).toMatchObject({
        data: { products: ['a', 'b', 'c'] },
      })
      expect((await cartView.load(client, 'cart_1')).state).toEqual({ products: ['a'] })
      const saved = { status: 'updated', state: { products: ['a'] } }
      expect(await cartView.save(client, 'cart_1')).toMatchObject(saved)
      await client.saveEvent(item('d'))
      expect((await cartView.load(client, 'cart_1')).state).toEqual({ products: ['a', 'd'] })
    })
    rmSync(folder, { recursive: true })
  },
)
