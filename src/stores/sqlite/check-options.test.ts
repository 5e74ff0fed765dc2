import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MemoryEventStore } from '../memory/index.ts'
import { openSqlite, reindexSqlite, type SqliteOptions } from './index.ts'
import { temporaryFolder } from './stores.fixture.ts'

const event = { type: 'CART_CREATED', data: { cartId: 'cart_1' } }

test.each<[string, unknown]>([
  ['identifiers', 'cartId'],
  ['identifiers', [/Id$/u]],
  ['identifiers', null],
  ['synchronous', 'OFF'],
  ['synchronous', 'FULL; create table eventfold_x (y)'],
  ['busyTimeout', -1],
  ['busyTimeout', Number.NaN],
  ['queueLimit', 0],
  ['queueLimit', '10'],
])('the option %s takes no %o, and no file is made', (name, value) => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  const options = { [name]: value } as SqliteOptions
  expect(() => openSqlite(path, options)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`options.${name}`),
    }),
  )
  expect(existsSync(path)).toBe(false)
})

test('reindexing takes a list of identifiers alone', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await openSqlite(path).close()
  const options = { identifiers: 'cartId' as never }
  await expect(reindexSqlite(path, options)).rejects.toThrow('options.identifiers: expected a list')
})

test('a commit with something else for a signal is refused, and the store closes', async () => {
  const store = openSqlite(':memory:')
  const options = { signal: {} as AbortSignal }
  await expect(store.commit({ events: [event] }, options)).rejects.toThrow(TypeError)
  await expect(store.load('all')).resolves.toMatchObject({ events: [] })
  await expect(store.close()).resolves.toBeUndefined()
})

test.each([
  ['memory', () => new MemoryEventStore()],
  ['sqlite', () => openSqlite(':memory:')],
] as const)('what is no listener is refused before it spoils a commit: %s', async (_, open) => {
  const store = open()
  expect(() => store.watch?.(undefined as never)).toThrow('watch: expected a function')
  await expect(store.commit({ events: [event] })).resolves.toMatchObject({ replayed: false })
  await store.close()
})
