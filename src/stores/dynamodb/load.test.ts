import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewEvent, StoredEvent } from '../../event/event.ts'
import type { After, Streams } from '../../store/stream.ts'
import { createClock } from './clock.ts'
import { HEAD, keyPartition } from './keys.ts'
import { loadEvents } from './load.ts'
import { readEvents } from './read.ts'
import { readingTable, type ReadingTable } from './reading.fixture.ts'
import { newerThan } from './seen.ts'

let it: ReadingTable
let made = 0
beforeAll(async () => {
  it = await readingTable()
})
afterAll(async () => it[Symbol.asyncDispose]())

const newId = (): string => `id${(made += 1)}`
const cart = (id: string) => ({ filter: { cart_id: id } })
const added = (cart_id: string, n: number, more: object = {}): NewEvent => ({
  type: 'ADDED',
  data: { cart_id, n, ...more },
})
const paid = (id: string, n: number, more: object = {}): NewEvent => ({
  type: 'PAID',
  data: { n, ...more },
  aggregate: { type: 'wallet', id },
})
const some = (count: number, event: (n: number) => NewEvent): NewEvent[] =>
  Array.from({ length: count }, (_, n) => event(n))
const ns = (events: readonly StoredEvent[]): unknown[] =>
  events.map(({ data }) => (data as { n: number }).n)
const load: (streams: Streams, after?: After) => ReturnType<typeof loadEvents> = (streams, after) =>
  loadEvents(it.access, streams, { after })

test('a load is the heads and then one Query for each partition', async () => {
  const id = newId()
  const [pk, none] = [`KEY#cart_id=s:${id}`, 'KEY#cart_id=s:none']
  await it.write(added(id, 0), added(id, 1))
  const streams = [cart(id), cart('none')]
  it.statements()
  const also = [{ pk, sk: HEAD }]
  const loaded = await loadEvents(it.access, streams, {}, [...also, { pk: 'IDEM#x', sk: 'IDEM' }])
  expect(it.statements()).toEqual([
    `get ${pk} HEAD, ${none} HEAD, ${pk} HEAD, IDEM#x IDEM`,
    `query ${pk}`,
  ])
  expect(ns(loaded.events)).toEqual([0, 1])
  expect(JSON.parse(loaded.cursor)).toEqual({ [pk]: `${loaded.events[1]?.id}@2`, [none]: '' })
  expect(loaded.also.map((item) => item?.['count'])).toEqual([2, undefined])

  // The head proves what was seen, and that nothing is new.
  it.statements()
  const again = await load(streams, loaded.cursor)
  expect([again.events, again.cursor]).toEqual([[], loaded.cursor])
  expect(it.statements()).toHaveLength(1)
  // Where something is new, the first event of the page does.
  await it.write(added(id, 2))
  it.statements()
  expect(ns((await load(streams, loaded.cursor)).events)).toEqual([2])
  expect(it.statements()).toHaveLength(2)
})

test('what is newer than the heads is not in the events', async () => {
  const [one, two] = [newId(), newId()]
  await it.write(added(one, 0), added(two, 1))
  let isWritten = false
  const { getAll } = it.access.table
  const table: typeof it.access.table = {
    ...it.access.table,
    getAll: async (keys, signal) => {
      const heads = await getAll(keys, signal)
      if (!isWritten) await it.write(added(one, 2), added(two, 3))
      isWritten = true
      return heads
    },
  }
  const streams = [cart(one), cart(two)]
  const { events, cursor } = await loadEvents({ ...it.access, table }, streams)
  expect(ns(events)).toEqual([0, 1])
  expect(ns((await load(streams, cursor)).events)).toEqual([2, 3])
})

test('of several keys the one with fewer events is read, and a cursor decides', async () => {
  const id = newId()
  const user = `user_of_${id}`
  await it.write(...some(5, (n) => added(id, n, { user_id: user })), added(id, 5))
  await it.write(...some(2, (n) => added(newId(), n, { user_id: `other_${user}` })))
  const both = { filter: { cart_id: id, user_id: user } }
  const few = await load([both])
  expect(Object.keys(JSON.parse(few.cursor) as object)).toEqual([`KEY#user_id=s:${user}`])
  const cursor = (await load([cart(id)])).cursor
  await it.write(added(id, 6, { user_id: user }), added(id, 7))
  const later = await load([both], cursor)
  expect(ns(later.events)).toEqual([6])
  expect(Object.keys(JSON.parse(later.cursor) as object)).toEqual([`KEY#cart_id=s:${id}`])
  const foreign = (await load([cart('other')])).cursor
  await expect(load([both], foreign)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('an aggregate is read in its partition, from and to a version', async () => {
  const id = newId()
  const aggregate = { type: 'wallet', id }
  await it.write(...some(10, (n) => paid(id, n + 1)))
  const streams = [{ aggregate }]
  const start = await load(streams)
  expect(start.cursor).toMatch(/@10"\}$/u)
  const cases: [object, number[]][] = [
    [{ fromVersion: 4 }, [4, 5, 6, 7, 8, 9, 10]],
    [{ toVersion: 2 }, [1, 2]],
    [{ fromVersion: 9, toVersion: 2 ** 50 }, [9, 10]],
    [{ fromVersion: 2 ** 50 }, []],
    [{ fromVersion: 5, toVersion: 4 }, []],
    [{ toVersion: 0 }, []],
  ]
  for (const [options, expected] of cases) {
    const { events, cursor } = await loadEvents(it.access, streams, options)
    expect(ns(events)).toEqual(expected)
    expect(cursor).toBe(start.cursor)
  }
  await it.write(paid(id, 11), paid(id, 12))
  const after = start.cursor
  expect(ns((await load(streams, after)).events)).toEqual([11, 12])
  const twelfth = await loadEvents(it.access, streams, { after, fromVersion: 12 })
  expect(ns(twelfth.events)).toEqual([12])
  const none = await loadEvents(it.access, streams, { after, toVersion: 10 })
  expect(none.events).toEqual([])
  // Also where the first event of the range does not prove it.
  const foreign = after.replace(
    /"([0-9A-Z]{26})@/u,
    `"${createClock(() => Date.UTC(2021)).take(1)[0]}@`,
  )
  for (const options of [{ fromVersion: 12 }, { toVersion: 10 }, {}]) {
    const call = loadEvents(it.access, streams, { after: foreign, ...options })
    await expect(call).rejects.toMatchObject({ conflict: { reason: 'rewound', cursor: foreign } })
  }
})

test('the log must still hold what a cursor has seen: in every call, in every partition', async () => {
  const id = newId()
  const pk = keyPartition(`cart_id=s:${id}`)
  const [first = '', second = ''] = await it.write(added(id, 0), added(id, 1), added(id, 2))
  const between = `${first.slice(0, -1)}${first.endsWith('Z') ? 'Y' : 'Z'}`
  const [later = ''] = createClock(() => Date.now() + 60_000).take(1)
  const early = createClock(() => Date.UTC(2021)).take(1)[0] as string
  const cursor = (at: string): string => JSON.stringify({ [pk]: at })
  const streams = [cart(id)]
  for (const at of [between, later, early]) {
    const after = cursor(at)
    const calls: Record<string, () => Promise<unknown>> = {
      load: () => load(streams, after),
      read: () => Array.fromAsync(readEvents(it.access, streams, { after })),
      limited: () => Array.fromAsync(readEvents(it.access, streams, { after, limit: 1 })),
      nothing: () => Array.fromAsync(readEvents(it.access, streams, { after, limit: 0 })),
      backwards: () =>
        Array.fromAsync(readEvents(it.access, streams, { after, limit: 1, backwards: true })),
      newer: () =>
        Array.fromAsync(
          newerThan(it.access, pk, { at, count: undefined }, { after, upTo: undefined }),
        ),
    }
    for (const [name, call] of Object.entries(calls)) {
      const error = { code: 'CONFLICT', conflict: { reason: 'rewound', cursor: after } }
      await expect(call(), `${name} after ${at}`).rejects.toMatchObject(error)
    }
  }
  const empty = JSON.stringify({ 'KEY#cart_id=s:nothing': first })
  await expect(load([cart('nothing')], empty)).rejects.toThrow('does not hold')
  const newer = newerThan(
    it.access,
    pk,
    { at: first, count: undefined },
    {
      after: cursor(first),
      upTo: { at: second, count: 1 },
    },
  )
  expect((await Array.fromAsync(newer)).map((item) => item.at)).toEqual([second])
})

test('an event id is found in keys, aggregates, by itself, or by the item that keeps it', async () => {
  const id = newId()
  const wallet = { aggregate: { type: 'wallet', id } }
  const streams = [cart(id), wallet]
  const ids = await it.write(
    added(id, 0),
    { ...added(id, 1), id: `given ${id}` },
    paid(id, 2),
    { ...paid(id, 3), id: `own ${id}` },
    { type: 'PLAIN', data: {}, id: `plain ${id}` },
    { type: 'PLAIN', data: {} },
    paid(id, 4, { cart_id: id }),
    added(id, 5),
  )
  const rest = [[1, 2, 3, 4, 5], [2, 3, 4, 5], [3, 4, 5], [4, 5], [4, 5], [4, 5], [5], []]
  for (const [index, eventId] of ids.entries()) {
    const after = { eventId }
    const what = `after ${index}`
    expect(ns((await load(streams, after)).events), what).toEqual(rest[index])
    const read = await Array.fromAsync(readEvents(it.access, streams, { after }))
    expect(ns(read), what).toEqual(rest[index])
    const backwards = readEvents(it.access, streams, { after, backwards: true })
    expect(ns(await Array.fromAsync(backwards)), what).toEqual(rest[index]?.toReversed())
  }
  const unknown = [createClock().take(1)[0] as string, 'nobody', '', 'x'.repeat(3000), `#${id}`]
  for (const eventId of unknown) {
    const error = { conflict: { reason: 'rewound', cursor: { eventId } } }
    await expect(load(streams, { eventId })).rejects.toMatchObject(error)
    await expect(load([wallet], { eventId })).rejects.toMatchObject(error)
  }
})

test('a reader that follows an aggregate by the ids of its events', async () => {
  const id = newId()
  const streams = [{ aggregate: { type: 'wallet', id } }]
  await it.write(...some(95, (n) => paid(id, n)))
  const found: StoredEvent[] = []
  for (;;) {
    const eventId = found.at(-1)?.id
    const after = eventId === undefined ? undefined : { eventId }
    const page = await Array.fromAsync(readEvents(it.access, streams, { after, limit: 10 }))
    if (page.length === 0) break
    found.push(...page)
  }
  expect(ns(found)).toEqual([...Array(95).keys()])
})
