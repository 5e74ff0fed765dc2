import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { identifierTest } from '../../event/identifiers.ts'
import type { NewEvent, StoredEvent } from '../../event/event.ts'
import type { ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import { createClock } from './clock.ts'
import { loadEvents } from './load.ts'
import { readEvents } from './read.ts'
import { readingTable, type ReadingTable } from './reading.fixture.ts'

let it: ReadingTable
let made = 0
beforeAll(async () => {
  it = await readingTable()
})
afterAll(async () => it[Symbol.asyncDispose]())

/** A cart that no other test has. */
const newCart = (): string => `cart${(made += 1)}`
const cart = (id: string) => ({ filter: { cart_id: id } })
const added = (cart_id: string, n: number, more: object = {}): NewEvent => ({
  type: 'ADDED',
  data: { cart_id, n, ...more },
})
const some = (count: number, event: (n: number) => NewEvent): NewEvent[] =>
  Array.from({ length: count }, (_, n) => event(n))
const read = async (streams: Streams, options?: ReadOptions): Promise<StoredEvent[]> =>
  Array.fromAsync(readEvents(it.access, streams, options))
const ns = (events: readonly StoredEvent[]): unknown[] =>
  events.map(({ data }) => (data as { n: number }).n)
const large = 'x'.repeat(300_000)

describe('reading', () => {
  test('a stream of 100 small events is one Query', async () => {
    const id = newCart()
    await it.write(...some(100, (n) => added(id, n)))
    it.statements()
    expect(ns(await read([cart(id)]))).toEqual([...Array(100).keys()])
    expect(it.statements()).toEqual([`query KEY#cart_id=s:${id}`])
    await read([cart(id), { ...cart(id), types: ['ADDED'] }, { filter: { cart_id: id, n: 3 } }])
    expect(it.statements()).toEqual([`query KEY#cart_id=s:${id}`])
  })

  test('a partition of several pages ends at the head that it had before the first event', async () => {
    const id = newCart()
    const user = `user_of_${id}`
    await it.write(...some(9, (n) => added(id, n, { large })))
    await it.write(...some(3, (n) => added(newCart(), n, { user_id: user })))
    for (const backwards of [false, true]) {
      const before = ns(await read([cart(id), { filter: { user_id: user } }], { backwards }))
      expect(before).toHaveLength(backwards ? 13 : 12)
      const found: StoredEvent[] = []
      it.statements()
      const streams = [cart(id), { filter: { user_id: user } }]
      for await (const event of readEvents(it.access, streams, { backwards })) {
        found.push(event)
        if (found.length === 1) await it.write(added(id, 99))
      }
      expect(ns(found)).toEqual(before)
      const heads = it.statements().filter((statement) => statement.startsWith('get'))
      expect(heads).toEqual(backwards ? [] : [`get KEY#cart_id=s:${id}`])
    }
  })

  test('small limits ask for small pages, which grow', async () => {
    const id = newCart()
    await it.write(...some(60, (n) => added(id, n)), { type: 'RARE', data: { cart_id: id } })
    await it.write(...some(60, (n) => added(id, n + 60)))
    it.statements()
    const sizes: unknown[] = []
    it.faults.beforeQuery = async ({ limit }) => void sizes.push(limit)
    expect(ns(await read([cart(id)], { limit: 1, backwards: true }))).toEqual([119])
    expect(it.statements()).toHaveLength(1)
    const rare = [{ ...cart(id), types: ['RARE'] }]
    expect(await read(rare, { limit: 1, backwards: true })).toHaveLength(1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    expect(await read(rare, { limit: 1 })).toHaveLength(1)
    vi.useRealTimers()
    expect(sizes).toEqual([1, 1, 10, 80, 1, 10, 80])
    for (const limit of [3, 7, 60, 120, 121, 122, 5000]) {
      for (const backwards of [false, true]) {
        const found = await read([cart(id)], { limit, backwards })
        const all = await read([cart(id)], { backwards })
        expect(found).toEqual(all.slice(0, limit))
      }
    }
    delete it.faults.beforeQuery
  })

  test('copies under several keys come once, and every partition is read once', async () => {
    const [one, two] = [newCart(), newCart()]
    const user = `user_of_${one}`
    await it.write(
      added(one, 0, { user_id: user }),
      added(two, 1),
      added(two, 2, { user_id: user }),
      added(one, 3),
      { type: 'USER', data: { user_id: user, n: 4 } },
    )
    const streams = [cart(one), { filter: { user_id: user } }, cart(two), cart(one)]
    it.statements()
    expect(ns(await read(streams))).toEqual([0, 1, 2, 3, 4])
    expect(it.statements().toSorted()).toEqual(
      [
        `query KEY#cart_id=s:${one}`,
        `query KEY#cart_id=s:${two}`,
        `query KEY#user_id=s:${user}`,
      ].sort(),
    )
    expect(ns(await read(streams, { backwards: true, limit: 3 }))).toEqual([4, 3, 2])
    // Any boundary does: the one that is read anyway is enough.
    const both = { filter: { cart_id: one, user_id: user } }
    it.statements()
    expect(ns(await read([both, { filter: { user_id: user } }]))).toEqual([0, 2, 4])
    expect(it.statements()).toEqual([`query KEY#user_id=s:${user}`])
  })

  test('types are read in the index, and what names nothing to find it by is refused', async () => {
    const [type, other] = [newCart(), newCart()]
    await it.write({ type, data: { n: 0 } }, { type: other, data: { n: 1 } })
    const [third] = await it.write({ type, data: { n: 2, cart_id: 'c' } })
    expect(ns(await read([{ types: [type] }, { types: [other] }]))).toEqual([0, 1, 2])
    expect(ns(await read([{ types: [type], filter: { n: { gt: 1 } } }]))).toEqual([2])
    expect(ns(await read([{ types: [type] }], { backwards: true, limit: 1 }))).toEqual([2])
    const first = (await read([{ types: [type] }]))[0]?.id ?? ''
    expect(ns(await read([{ types: [type] }], { after: { eventId: first } }))).toEqual([2])
    expect(await read([{ types: [type] }], { after: { eventId: third ?? '' } })).toEqual([])
    it.statements()
    expect(await read([{ types: [] }])).toEqual([])
    for (const streams of ['all', [{ filter: { n: 1 } }], [cart('a'), { filter: { n: 1 } }]]) {
      await expect(read(streams as Streams)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    }
    expect(it.statements()).toEqual([])
    const { cursor, events } = await loadEvents(it.access, [{ types: [type] }, cart('none')])
    expect(ns(events)).toEqual([0, 2])
    expect(cursor).toBe('{"KEY#cart_id=s:none":""}')
    await expect(read([{ types: [type] }], { after: cursor })).rejects.toThrow('{ eventId }')
  })

  test('an index that is behind loses nothing of what it showed', async () => {
    const type = newCart()
    const [first = ''] = await it.write(
      ...some(9, (n) => ({ type, data: { n, large, cart_id: type } })),
    )
    const query = it.access.table.query
    const older = {
      ...it.access.table,
      query: ((range, signal) =>
        range.limit === 1
          ? query({ ...range, to: first }, signal)
          : query(range, signal)) as typeof query,
    }
    const found = await Array.fromAsync(
      readEvents({ ...it.access, table: older }, [{ types: [type] }]),
    )
    // Up to the end of the pages that were there before the first event.
    expect(ns(found).slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5])

    let looks = 0
    const slow = {
      ...it.access.table,
      query: ((range, signal) =>
        query(
          range.from === range.to && (looks += 1) < 3 ? { ...range, pk: 'none' } : range,
          signal,
        )) as typeof query,
    }
    const after = { eventId: found[3]?.id ?? '' }
    const rest = readEvents({ ...it.access, table: slow }, [{ types: [type] }], { after })
    expect(ns(await Array.fromAsync(rest))).toEqual([4, 5, 6, 7, 8])
    expect(looks).toBe(3)
  })

  test('an end of the iteration, and an abort, ask for no more', async () => {
    const id = newCart()
    await it.write(...some(12, (n) => added(id, n, { large })))
    it.statements()
    // An hour later nothing is about to become visible.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    for await (const event of readEvents(it.access, [cart(id)])) {
      expect(event.type).toBe('ADDED')
      break
    }
    vi.useRealTimers()
    expect(it.statements().length).toBeLessThanOrEqual(3)
    const controller = new AbortController()
    const { signal } = controller
    const reading = (async () => {
      for await (const _ of readEvents(it.access, [cart(id)], { signal })) controller.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('a partition without a head', () => {
  test('is read where nothing else is named, after an event', async () => {
    await using store = await readingTable({
      isIdentifier: identifierTest(['*_id']),
      partitionKey: 'store_id',
    })
    const clock = createClock()
    const ids = await store.write(
      ...some(5, (n) => ({ type: 'A', data: { store_id: 's', n, item_id: n % 2 } })),
    )
    const streams = [{ filter: { store_id: 's' } }]
    const from = async (stream: Streams, options?: ReadOptions): Promise<unknown[]> =>
      ns(await Array.fromAsync(readEvents(store.access, stream, options)))
    expect(await from(streams)).toEqual([0, 1, 2, 3, 4])
    expect(await from(streams, { after: { eventId: ids[2] ?? '' } })).toEqual([3, 4])
    store.statements()
    expect(await from([{ filter: { store_id: 's', item_id: 1 } }])).toEqual([1, 3])
    expect(store.statements()).toEqual(['query KEY#item_id=n:1'])
    const { cursor } = await loadEvents(store.access, streams)
    expect(cursor).toBe('{}')
    await expect(from(streams, { after: cursor })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(from(streams, { after: { eventId: clock.take(1)[0] ?? '' } })).rejects.toThrow(
      'does not hold',
    )
  })
})
