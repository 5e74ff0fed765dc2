import { asyncProperty, assert, nat } from 'fast-check'
import { expect, test } from 'vitest'
import { sameAnswers } from '../../../conformance/index.ts'
import { workloads } from '../../../conformance/workloads.fixture.ts'
import { jsonCodec } from '../../../store/json.ts'
import { MemoryEventStore } from '../../memory/index.ts'
import { inTurns, oneByOne } from './in-turns.fixture.ts'
import { MapStorage } from './map-storage.fixture.ts'
import { openWebStorage, type WebStorageStore } from './index.ts'

const added = (n: number): { type: string; data: object } => ({
  type: 'ITEM_ADDED',
  data: { cartId: 'cart_1', n, text: 'x'.repeat(400) },
})

const open = (storage: MapStorage): WebStorageStore =>
  openWebStorage({ storage, namespace: 'shop', codec: jsonCodec })

async function everything(store: WebStorageStore): Promise<unknown> {
  const { events } = await store.load('all')
  const { documents } = await store.documents.query({ type: 'view' })
  return { events, documents, outbox: await store.outbox.read() }
}

test('a full storage refuses the commit whole, and takes the next that fits', async () => {
  const storage = new MapStorage(5000)
  const store = open(storage)
  const full = { code: 'STORE', fault: 'full', retryable: false, outcome: 'none' }
  let stored = 0
  for (;;) {
    const before = new Map(storage.values)
    const refused = await store.commit({ events: [added(stored)] }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refused === undefined) {
      stored += 1
      continue
    }
    expect(refused).toMatchObject(full)
    expect((refused as Error).message).toContain('"shop"')
    expect((refused as Error).cause).toBeInstanceOf(DOMException)
    expect(storage.values).toEqual(before)
    break
  }
  expect(stored).toBeGreaterThan(5)
  const state = await everything(store)
  expect(await everything(open(storage))).toEqual(state)
  const small = await store.commit({ documents: [{ type: 'view', id: 'a', data: 1 }] })
  expect(small.documents[0]?.status).toBe('created')
  const keyed = { events: [added(99)], idempotency: { key: 'key_1' } }
  await expect(store.commit(keyed)).rejects.toMatchObject(full)
  storage.removeItem('shop/1')
  expect((await store.load('all', { idempotency: { key: 'key_1' } })).replayed).toBeUndefined()
})

test('documents that are written again and messages that are sent do not fill a storage', async () => {
  const storage = new MapStorage(40_000)
  const store = open(storage)
  const late = open(storage)
  for (let n = 0; n < 150; n += 1) {
    await store.commit({
      documents: [{ type: 'view', id: `v${n % 3}`, data: { n, text: 'y'.repeat(300) } }],
      outbox: [{ id: `m${n}`, type: 'mail', data: { n, text: 'z'.repeat(300) } }],
    })
    if (n % 10 === 9) await store.outbox.remove((await store.outbox.read()).map(({ id }) => id))
    if (n === 20) await late.load('all')
  }
  const state = await everything(store)
  // Also for those who have read a part of what was made shorter, or all of it.
  expect(await everything(late)).toEqual(state)
  expect(await everything(open(storage))).toEqual(state)
  expect(state).toMatchObject({ documents: [{ revision: 50 }, { revision: 50 }, { revision: 50 }] })
})

test('what is made shorter says the same as before, to all who read it', async () => {
  let shortened = 0
  const same = asyncProperty(workloads, nat(1), async (workload, spare) => {
    const storage = new Tight(spare)
    await sameAnswers(
      oneByOne(workload),
      new MemoryEventStore(),
      inTurns([0, 1].map(() => open(storage))),
    )
    expect(await everything(open(storage))).toEqual(await everything(open(storage.untouched)))
    for (const [key, value] of storage.values) {
      if (value.length < (storage.untouched.values.get(key)?.length ?? 0)) shortened += 1
    }
  })
  await assert(same, { numRuns: 200 })
  expect(shortened).toBeGreaterThan(10)
})

/** Has no room for a record at first, time and again; what was written first is kept beside. */
class Tight extends MapStorage {
  readonly untouched: MapStorage = new MapStorage()
  readonly #spare: number
  #asked = 0

  constructor(spare: number) {
    super()
    this.#spare = spare
  }

  override setItem(key: string, value: string): void {
    if (this.getItem(key) === null) {
      this.#asked += 1
      if (this.#asked % (this.#spare + 2) === 1) throw new DOMException('', 'QuotaExceededError')
      this.untouched.setItem(key, value)
    }
    super.setItem(key, value)
  }
}
