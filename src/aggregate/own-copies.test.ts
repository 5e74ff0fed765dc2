import { describe, expect, test } from 'vitest'
import { dateCodec } from '../store/json.ts'
import { Aggregate } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import { Processor } from './processor.ts'

interface Basket {
  items: { name: string }[]
  since?: Date
}
type Event =
  | { type: 'PUT'; data: { item: { name: string } } }
  | { type: 'DATED'; data: { at: Date } }
type Message = { type: 'CHANGED'; data: Basket }

const common: Basket = { items: [] }
const given: unknown[] = []
const processor = new Processor<Basket, Event, Message>(
  {
    PUT: ({ state, current, publish }) => {
      state.items.push(current.item)
      publish('CHANGED', state)
      given.push(state, current)
      return state
    },
    DATED: ({ state, current, newInboundEvents }) => {
      const since = new Date(current.at)
      for (const { data } of newInboundEvents) if ('at' in data) data.at.setFullYear(1999)
      current.at.setFullYear(1999)
      return { ...state, since }
    },
  },
  () => common,
)
const put = (name: string) => createEvent('PUT', { item: { name } })
const names = (basket: Basket | undefined) => basket?.items.map(({ name }) => name)

describe.each(everyStore)('on $name', ({ open }) => {
  test('what is handed in, out or kept by a rule, and changed afterwards, harms nothing', async () => {
    await using log = await open()
    const baskets = new Aggregate<Basket, Event, Message>({
      type: 'basket',
      store: log.store,
      processor,
    })
    const spoil = (state: Basket | undefined) => {
      for (const item of state?.items ?? []) item.name = 'spoiled'
      state?.items.push({ name: 'spoiled' })
    }
    const event = put('a')
    const appending = baskets.append('b', event)
    event.data.item.name = 'spoiled'
    const first = await appending
    expect(names(first.state)).toEqual(['a'])
    spoil(first.state)
    for (const { data } of first.newOutboundEvents) spoil(data as Basket)
    for (const { data } of first.events) Object.assign(data as object, { item: 'spoiled' })

    expect(names((await baskets.append('b', put('b'))).state)).toEqual(['a', 'b'])
    const found = await baskets.get('b')
    spoil(found?.state)
    const own = { items: [{ name: 'a' }, { name: 'b' }] }
    const third = await baskets.appendTo('b', own, 2, put('c'))
    expect(own).toEqual({ items: [{ name: 'a' }, { name: 'b' }] })
    spoil(own)
    spoil(third.state)
    for (const kept of given.splice(0)) {
      if ('items' in (kept as object)) spoil(kept as Basket)
      else Object.assign(kept as object, { item: 'spoiled' })
    }
    expect(names((await baskets.append('b', put('d'))).state)).toEqual(['a', 'b', 'c', 'd'])
    expect(names((await baskets.get('b'))?.state)).toEqual(['a', 'b', 'c', 'd'])
    expect(names((await baskets.recalculate('b')).state)).toEqual(['a', 'b', 'c', 'd'])
    const messages = await log.store.outbox.read()
    expect(messages.map(({ data }) => names(data as Basket)?.length)).toEqual([1, 2, 3, 4])
    expect(common).toEqual({ items: [] })
  })

  test('an index gets a copy, too', async () => {
    await using log = await open()
    const baskets = new Aggregate<Basket, Event, Message>({
      type: 'basket',
      store: log.store,
      processor,
      indexes: { byFirst: ({ state }) => state.items.shift()?.name ?? null },
    })
    await baskets.append('b', put('a'), put('b'))
    const [found] = await baskets.query('byFirst', 'a')
    expect(names(found?.state)).toEqual(['a', 'b'])
    await baskets.append('b', put('c'))
    expect(names((await baskets.get('b'))?.state)).toEqual(['a', 'b', 'c'])
  })

  test('dates are dates in events, states and messages, where the store has the codec', async () => {
    await using log = await open({ codec: dateCodec })
    const baskets = new Aggregate<Basket, Event, Message>({
      type: 'basket',
      store: log.store,
      processor,
    })
    const dated = (at: string) => createEvent('DATED', { at: new Date(at) })
    const appended = await baskets.append('b', dated('2024-01-01'), dated('2025-01-01'), put('a'))
    expect(appended.state.since).toEqual(new Date('2025-01-01'))
    expect(await baskets.get('b')).toMatchObject({ state: { since: new Date('2025-01-01') } })
    expect((await baskets.recalculate('b')).state.since).toEqual(new Date('2025-01-01'))
    const state = (await baskets.get('b'))?.state as Basket
    const next = await baskets.appendTo('b', state, 3, put('b'))
    state.since?.setFullYear(1999)
    expect(next.state.since).toEqual(new Date('2025-01-01'))
    const [message] = await log.store.outbox.read()
    expect((message?.data as Basket | undefined)?.since).toEqual(new Date('2025-01-01'))
    expect(await baskets.recalculate('b')).toMatchObject({ state: next.state, sequence: 4 })
  })
})

test('without the codec a date is refused', async () => {
  await using log = await (everyStore[0] as (typeof everyStore)[number]).open()
  const baskets = new Aggregate<Basket, Event, Message>({
    type: 'basket',
    store: log.store,
    processor,
  })
  const dated = baskets.append('b', createEvent('DATED', { at: new Date() }))
  await expect(dated).rejects.toThrow('codec: dateCodec')
  expect(await baskets.get('b')).toBe(null)
})
