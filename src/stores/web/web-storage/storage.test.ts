import { expect, test, vi } from 'vitest'
import { jsonCodec, type JsonCodec } from '../../../store/json.ts'
import { openLocalStorage, openWebStorage, type WebStorageStore } from './index.ts'
import { MapStorage } from './map-storage.fixture.ts'

const added = (n: number, text = ''): { type: string; data: object } => ({
  type: 'ITEM_ADDED',
  data: { cartId: 'cart_1', n, text },
})

const open = (storage: MapStorage, namespace = 'shop'): WebStorageStore =>
  openWebStorage({ storage, namespace })

async function numbers(store: WebStorageStore): Promise<unknown[]> {
  const { events } = await store.load('all')
  return events.map(({ data }) => (data as { n: number }).n)
}

test('one commit is one key, and dates come back', async () => {
  const storage = new MapStorage()
  const at = new Date('2030-01-01T00:00:00.000Z')
  await open(storage).commit({
    events: [added(1), { type: 'CLOSED', data: { at }, aggregate: { type: 'cart', id: 'cart_1' } }],
    documents: [{ type: 'view', id: 'cart_1', data: { at } }],
    outbox: [{ type: 'mail', data: { at } }],
  })
  expect([...storage.values.keys()]).toEqual(['shop/1'])
  const store = open(storage)
  expect((await store.load([{ types: ['CLOSED'] }])).events[0]?.data).toEqual({ at })
  expect((await store.documents.get('view', 'cart_1'))?.data).toEqual({ at })
  expect((await store.outbox.read())[0]?.data).toEqual({ at })
})

test('no namespace reaches the records of another', async () => {
  const storage = new MapStorage()
  const names = ['a', 'a/1', 'a/1/1', '1', 'a/', '/', 'A', 'a/01', 'a/1e1']
  for (const [index, name] of names.entries()) {
    for (let n = 0; n <= index; n += 1) await open(storage, name).commit({ events: [added(n)] })
  }
  for (const [index, name] of names.entries()) {
    expect(await numbers(open(storage, name)), name).toHaveLength(index + 1)
  }
})

test('a codec may write what JSON would not give again', async () => {
  const storage = new MapStorage()
  const codec: JsonCodec = {
    encode: (value, what) => jsonCodec.encode(value, what).replaceAll(/"#(\d+)"/gu, '$1'),
    decode: (text) => jsonCodec.decode(text.replaceAll(/(?<=:)(\d{17,})/gu, '"#$1"')),
  }
  const data = { cartId: 'cart_1', count: '#12345678901234567890' }
  const store = openWebStorage({ storage, namespace: 'shop', codec })
  await store.commit({ events: [{ type: 'A', data, metadata: data }] })
  const again = openWebStorage({ storage, namespace: 'shop', codec })
  expect((await again.load('all')).events[0]).toMatchObject({ data, metadata: data })
})

test('a key that was answered is known when the log is opened again, with its default fingerprint', async () => {
  const storage = new MapStorage()
  const commits = [
    { events: [added(1)], conditions: [{ streams: 'all' as const }] },
    { documents: [{ type: 'view', id: 'a', data: { b: 1, a: 2 } }] },
    { outbox: [{ type: 'mail', data: 1 }], idempotency: { key: 'own', fingerprint: 'mine' } },
  ]
  const keyed = commits.map((commit, n) => ({ idempotency: { key: `key_${n}` }, ...commit }))
  const store = open(storage)
  const first = []
  for (const commit of keyed) first.push(await store.commit(commit))
  const again = open(storage)
  for (const [n, commit] of keyed.entries()) {
    expect(await again.commit(commit)).toEqual({ ...first[n], replayed: true })
    await expect(
      again.commit({
        events: [added(2)],
        idempotency: { key: commit.idempotency.key },
      }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
  }
  expect(storage.values.get('shop/1')).not.toContain('fingerprint')
})

test.each([
  ['no JSON', 'not json'],
  ['the value of an application', '{"name":"Ada"}'],
  ['a list', '[]'],
  ['null', 'null'],
  ['half a record', '{"eventfold":1,"mark":"0123456789","at":1,"events":[{"id":"a","ty'],
  ['an event without a type', '{"eventfold":1,"mark":"0123456789","at":1,"events":[{"id":"a"}]}'],
  [
    'an event without data',
    '{"eventfold":1,"mark":"0123456789","at":1,"events":[{"id":"a","type":"A"}]}',
  ],
  ['an unknown part', '{"eventfold":1,"mark":"0123456789","at":1,"extra":[]}'],
])('a damaged record is named, and nothing is written: %s', async (_name, text) => {
  const storage = new MapStorage()
  await open(storage).commit({ events: [added(1)] })
  const watching = open(storage)
  await watching.load('all')
  storage.setItem('shop/2', text)
  const before = new Map(storage.values)
  for (const store of [open(storage), watching]) {
    for (const call of [store.load('all'), store.commit({ events: [added(2)] })]) {
      await expect(call).rejects.toMatchObject({
        code: 'STORE',
        fault: 'not-a-log',
        outcome: 'none',
        message: expect.stringContaining('"shop/2"'),
      })
    }
  }
  expect(storage.values).toEqual(before)
})

test('a missing record is noticed on opening', async () => {
  const storage = new MapStorage()
  for (let n = 1; n <= 12; n += 1) await open(storage).commit({ events: [added(n)] })
  storage.removeItem('shop/5')
  const store = open(storage)
  const fault = { fault: 'not-a-log', message: expect.stringContaining('"shop/5"') }
  await expect(store.commit({ events: [added(13)] })).rejects.toMatchObject(fault)
  await expect(store.load('all')).rejects.toMatchObject(fault)
  expect(storage.length).toBe(11)
})

test('a record of a newer version is refused, until the page is loaded again', async () => {
  const storage = new MapStorage()
  const store = open(storage)
  await store.commit({ events: [added(1)] })
  storage.setItem('shop/2', '{"eventfold":2,"something":"else"}')
  for (const each of [store, open(storage)]) {
    await expect(each.commit({ events: [added(2)] })).rejects.toMatchObject({
      code: 'STORE',
      fault: 'newer-version',
      message: expect.stringContaining('"shop/2"'),
    })
  }
  expect(storage.length).toBe(2)
})

test.each([
  ['all keys', async (storage: MapStorage) => storage.clear()],
  ['the last record', async (storage: MapStorage) => storage.removeItem('shop/2')],
  [
    'all keys, and another log began',
    async (storage: MapStorage) => {
      storage.clear()
      for (let n = 7; n < 10; n += 1) await open(storage).commit({ events: [added(n)] })
    },
  ],
])('a store whose log was cleared says so ever after: %s', async (_name, clear) => {
  const storage = new MapStorage()
  const store = open(storage)
  for (const n of [1, 2]) await store.commit({ events: [added(n)] })
  await clear(storage)
  const after = new Map(storage.values)
  for (let time = 0; time < 2; time += 1) {
    for (const call of [
      () => store.commit({ events: [added(3)] }),
      () => store.load('all'),
      () => Array.fromAsync(store.read('all')),
      () => store.documents.get('view', 'a'),
      () => store.outbox.read(),
      () => store.outbox.remove(['a']),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'STORE', fault: 'cleared' })
    }
    expect(storage.values).toEqual(after)
  }
  const anew = open(storage)
  const there = await numbers(anew)
  expect((await anew.commit({ events: [added(3)] })).events[0]?.position).toBe(there.length + 1)
})

test('who watches learns that the log was cleared', async () => {
  const storage = new MapStorage()
  const store = open(storage)
  await store.commit({ events: [added(1)] })
  await new Promise((resolve) => setTimeout(resolve, 5))
  const listener = vi.fn<() => void>()
  store.watch(listener)
  storage.clear()
  await expect(store.load('all')).rejects.toMatchObject({ fault: 'cleared' })
  await vi.waitFor(() => expect(listener).toHaveBeenCalledOnce())
})

test('a storage that may not be used is denied by every call', async () => {
  const blocked = (): never => {
    throw new DOMException('Access is denied for this document.', 'SecurityError')
  }
  const stores = [
    openWebStorage({ storage: null, namespace: 'shop' }),
    openWebStorage({ storage: { getItem: blocked, setItem: blocked }, namespace: 'shop' }),
    openLocalStorage({ namespace: 'shop' }),
  ]
  for (const store of stores) {
    for (const call of [store.load('all'), store.commit({ events: [added(1)] })]) {
      await expect(call).rejects.toMatchObject({
        code: 'STORE',
        fault: 'denied',
        retryable: false,
        message: expect.stringContaining('"shop"'),
      })
    }
  }
})

test('localStorage without Web Locks works, and says what it does not guarantee', async () => {
  const storage = new MapStorage()
  vi.stubGlobal('Storage', MapStorage)
  vi.stubGlobal('localStorage', storage)
  vi.stubGlobal('window', { localStorage: storage })
  vi.stubGlobal('navigator', {})
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  try {
    const store = openLocalStorage({ namespace: 'shop' })
    expect(store.acrossTabs).toBe(false)
    expect(warn).toHaveBeenCalledOnce()
    expect(warn.mock.lastCall?.[0]).toContain('HTTPS')
    await store.commit({ events: [added(1)] })
    expect([...storage.values.keys()]).toEqual(['shop/1'])
    await store.close()
    vi.unstubAllGlobals()
    expect(openWebStorage({ storage, namespace: 'shop' }).acrossTabs).toBe(false)
    expect(warn).toHaveBeenCalledOnce()
  } finally {
    vi.unstubAllGlobals()
    warn.mockRestore()
  }
})

test('the localStorage of a page with Web Locks is safe across tabs, and hears of other tabs', async () => {
  const storage = new MapStorage()
  const page = new EventTarget()
  vi.stubGlobal('Storage', MapStorage)
  vi.stubGlobal('localStorage', storage)
  vi.stubGlobal('window', { localStorage: storage })
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  const happen = (key: string | null): boolean =>
    page.dispatchEvent(Object.assign(new Event('storage'), { key }))
  const turn = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20))
  try {
    await using store = openLocalStorage({ namespace: 'shop' })
    expect(store.acrossTabs).toBe(true)
    expect(openWebStorage({ storage, namespace: 'shop' }).acrossTabs).toBe(true)
    await store.commit({ events: [added(1)] })
    await turn()
    const listener = vi.fn<() => void>()
    store.watch(listener)
    for (const key of ['shops/1', 'other', 'sho']) happen(key)
    await turn()
    expect(listener).not.toHaveBeenCalled()
    happen('shop/2')
    await turn()
    expect(listener).toHaveBeenCalledOnce()
    storage.clear()
    happen(null)
    await turn()
    expect(listener).toHaveBeenCalledTimes(2)
    const { held = [] } = await navigator.locks.query()
    expect(held.filter(({ name }) => name?.endsWith('/shop'))).toEqual([])
  } finally {
    vi.unstubAllGlobals()
  }
})

test('a wrong option is named', () => {
  const storage = new MapStorage()
  for (const wrong of [
    undefined,
    {},
    { storage },
    { storage, namespace: '' },
    { storage: {}, namespace: 'a' },
    { storage, namespace: 'a', identifiers: 'b' },
    { storage, namespace: 'a', nameSpace: 'b' },
    { storage, namespace: 'a', codec: {} },
  ]) {
    expect(() => openWebStorage(wrong as never), JSON.stringify(wrong)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  }
  expect(() => openLocalStorage({} as never)).toThrow('namespace')
})
