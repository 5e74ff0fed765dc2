import { afterEach, expect, test, vi } from 'vitest'
import { newName, opened } from './databases.fixture.ts'
import { answerOf } from './requests.ts'
import { upgrades } from './schema.ts'

// What is open as the first version is an older one then.
vi.mock(import('./schema.ts'), async (original) => {
  const schema = await original()
  return { ...schema, upgrades: [...schema.upgrades, () => {}] }
})

afterEach(() => {
  vi.restoreAllMocks()
})

async function openOlder(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1)
  opening.addEventListener('upgradeneeded', () => upgrades[0]?.(opening.result))
  return await answerOf(opening)
}

test('an upgrade that another tab blocks says so, is given up as busy, and goes on when that tab has closed', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const name = newName()
  const older = await openOlder(name)
  await using store = opened({ name, busyTimeout: 50 })
  const event = { type: 'ITEM_ADDED', data: { cartId: 'cart_1' } }
  const busy = expect.objectContaining({ code: 'STORE', fault: 'busy', retryable: true })
  await expect(store.load('all')).rejects.toEqual(busy)
  await expect(store.commit({ events: [event] })).rejects.toEqual(busy)
  expect(warn.mock.calls).toEqual([[expect.stringContaining(name)]])
  older.close()
  await vi.waitFor(() => store.commit({ events: [event] }))
  expect((await store.load('all')).events).toHaveLength(1)
})

test('a store that closes while its upgrade is blocked stands in nobody’s way afterwards', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const name = newName()
  const older = await openOlder(name)
  const store = opened({ name, busyTimeout: 20 })
  await expect(store.load('all')).rejects.toThrow(/another tab/u)
  await store.close()
  older.close()
  await answerOf(indexedDB.deleteDatabase(name))
})
