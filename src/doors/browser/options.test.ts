import {
  IndexedDBEventStore,
  LocalStorageEventStore,
  reindexIndexedDB,
  WebStorageEventStore,
} from 'eventfold/browser'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyStorage } from './storage.fixture.ts'

if (typeof process !== 'undefined') await import('./fake-indexed-db.fixture.ts')

type Anything = new (options?: unknown) => unknown

const storage = emptyStorage()
/** Each with options that it takes. */
const stores: Readonly<Record<string, [store: unknown, options: object]>> = {
  IndexedDBEventStore: [IndexedDBEventStore, { name: 'app' }],
  LocalStorageEventStore: [LocalStorageEventStore, { namespace: 'app' }],
  WebStorageEventStore: [WebStorageEventStore, { storage, namespace: 'app' }],
}

describe.each(Object.entries(stores))('%s', (name, [store, options]) => {
  const open = (given?: unknown) => new (store as Anything)(given)

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'app'],
    ['no name', {}],
    ['an empty name', { ...options, name: '', namespace: '' }],
    ['a number as its name', { ...options, name: 7, namespace: 7 }],
    ['a text as identifiers', { ...options, identifiers: 'sku' }],
    ['an empty identifier', { ...options, identifiers: [''] }],
    ['a text as codec', { ...options, codec: 'json' }],
    ['a codec that does nothing', { ...options, codec: {} }],
    ['a codec that is none', { ...options, codec: { encode: true, decode: true } }],
  ])('refuses %s at once', (_wrong, given) => {
    expect(() => open(given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  test('names itself, and an option that it does not know', () => {
    expect(() => open({ ...options, codek: undefined })).toThrow('"codek"')
    expect(() => open()).toThrow(name)
  })
})

test.each([
  ['durability', 'lazy', 'strict, relaxed'],
  ['busyTimeout', -1, 'a whole number'],
  ['busyTimeout', '10', 'a whole number'],
  ['queueLimit', 1.5, 'a whole number'],
  ['queueLimit', 0, 'a whole number from 1'],
])('IndexedDBEventStore names its option %s: %j', (option, wrong, expected) => {
  const open = () => new IndexedDBEventStore({ name: 'app', [option]: wrong })
  expect(open).toThrow(new RegExp(`${option}: expected .*${expected}.*found.*${String(wrong)}`))
})

test.each([
  ['nothing', undefined, 'reindexIndexedDB'],
  ['no name', { identifiers: ['sku'] }, 'name'],
  ['no identifiers', { name: 'app' }, 'identifiers'],
  ['a text as identifiers', { name: 'app', identifiers: 'sku' }, 'identifiers'],
  ['a codec that is none', { name: 'app', identifiers: ['sku'], codec: {} }, 'codec'],
])('reindexIndexedDB refuses %s', async (_wrong, given, named) => {
  const reindex = reindexIndexedDB as (options?: unknown) => Promise<void>
  await expect(reindex(given)).rejects.toThrow(new RegExp(`reindexIndexedDB.*${named}|${named}`))
  await expect(reindex(given)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('WebStorageEventStore refuses what is no storage', () => {
  for (const wrong of [undefined, {}, 'localStorage', { getItem: () => null }]) {
    const open = () => new WebStorageEventStore({ storage: wrong as never, namespace: 'app' })
    expect(open).toThrow(/storage: expected a Storage/)
  }
})

/** Logs that are opened with nothing but their names, as most are. */
const logs = {
  IndexedDBEventStore: () => {
    const name = crypto.randomUUID()
    return () => new IndexedDBEventStore({ name })
  },
  WebStorageEventStore: () => {
    const values = emptyStorage()
    return () => new WebStorageEventStore({ storage: values, namespace: 'app' })
  },
}

test.each(Object.entries(logs))('%s brings dates back as dates', async (_, log) => {
  const open = log()
  const first = open()
  const second = open()
  onTestFinished(async () => {
    await Promise.all([first.close(), second.close()])
  })
  const data = { at: new Date('2030-01-01T00:00:00.000Z'), text: '2030-01-01T00:00:00.000Z' }
  await first.commit({
    events: [{ type: 'MOVED', data, metadata: data }],
    documents: [{ type: 'view', id: 'one', data }],
    outbox: [{ type: 'MOVED', data }],
  })
  expect(await Array.fromAsync(second.read('all'))).toMatchObject([{ data, metadata: data }])
  expect(await second.documents.get('view', 'one')).toMatchObject({ data })
  expect(await second.outbox.read()).toMatchObject([{ data }])
})
