import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { shop, shopClient, type ShopClient } from '../client/stores.fixture.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { boundaryNames } from './boundary.ts'
import { defineDecision } from './decision.ts'
import { lineCount } from './queue.ts'

/** A promise and the function that keeps it. */
function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

interface Command {
  readonly carts: string | readonly string[]
  /** What happens while it is decided. */
  readonly meanwhile?: () => unknown
}

const events = (carts: Command['carts']) => [carts].flat()

/** Checks out carts, each once. */
const checkOut = defineDecision(shop, {
  streams: ({ carts }: Command) => [
    { types: ['CART_CHECKED_OUT'], filter: { cartId: carts as string[] } },
  ],
  initialState: [] as readonly string[],
  evolve: { CART_CHECKED_OUT: (done, { data }) => [...done, data.cartId] },
  decide: async ({ carts, meanwhile }, done) => {
    await meanwhile?.()
    return events(carts)
      .filter((cartId) => !done.includes(cartId))
      .map((cartId) => ({ type: 'CART_CHECKED_OUT', data: { cartId } }))
  },
})

let store: EventStore
let client: ShopClient
beforeEach(() => {
  store = new MemoryEventStore()
  client = shopClient(store)
})
const run = (carts: Command['carts'], meanwhile?: Command['meanwhile'], signal?: AbortSignal) =>
  checkOut.execute(client, { carts, ...(meanwhile && { meanwhile }) }, { signal })

describe('decisions on the same boundary', () => {
  test('go one after another, in the order of their calls', async () => {
    const addItem = defineDecision(shop, {
      streams: (cartId: string) => [{ filter: { cartId } }],
      initialState: 0,
      evolve: { ITEM_ADDED: (items) => items + 1 },
      decide: async (cartId, items) => {
        await sleep(Math.random() * 2)
        return { type: 'ITEM_ADDED', data: { cartId, productId: String(items) } }
      },
    })
    const results = await Promise.all(
      Array.from({ length: 32 }, () => addItem.execute(client, 'cart_1')),
    )
    expect(results.map(({ attempts }) => attempts)).toEqual(Array(32).fill(1))
    expect(results.map(({ state }) => state)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1))
    expect(lineCount(store)).toBe(0)
  })

  test('wait for all that share one of their values', async () => {
    const { open, opened } = gate()
    const order: string[] = []
    const note = (name: string) => () => void order.push(name)
    const running = [
      run(['a', 'b'], () => opened),
      run('a', note('a')),
      run(['b', 'c'], note('bc')),
      run('c', note('c')),
    ]
    await sleep(5)
    expect(order).toEqual([])
    open()
    await Promise.all(running)
    expect(order).toEqual(['a', 'bc', 'c'])
    expect(lineCount(store)).toBe(0)
  })

  test('may name a value twice', async () => {
    expect((await run(['a', 'a'])).events).toHaveLength(2)
    expect(lineCount(store)).toBe(0)
  })

  test('one that fails does not hold up the next', async () => {
    const failing = run('a', () => {
      throw new Error('out of order')
    })
    const [failed, next] = await Promise.allSettled([failing, run('a')])
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'out of order' } })
    expect(next).toMatchObject({ status: 'fulfilled', value: { attempts: 1 } })
    expect(lineCount(store)).toBe(0)
  })

  test('one that is aborted while it waits gives up its place, and those behind still wait', async () => {
    const { open, opened } = gate()
    const ending = new AbortController()
    const order: string[] = []
    const first = run(['a', 'b'], () => opened)
    const aborted = run(['a', 'b'], () => order.push('aborted'), ending.signal)
    const last = run('a', () => order.push('last'), ending.signal)
    const other = run('b', () => order.push('other'))
    await sleep(1)
    expect(getEventListeners(ending.signal, 'abort')).toHaveLength(2)
    last.catch(() => {})
    ending.abort('enough')
    await expect(aborted).rejects.toMatchObject({
      code: 'ABORTED',
      outcome: 'none',
      cause: 'enough',
    })
    await sleep(1)
    expect(order).toEqual([])
    open()
    await Promise.all([first, other])
    expect(order).toEqual(['other'])
    expect(lineCount(store)).toBe(0)
  })

  test('leave nothing on a signal that did not end them', async () => {
    const { signal } = new AbortController()
    await Promise.all([run('a', undefined, signal), run('a', undefined, signal)])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('are refused beyond 10,000 in a row', async () => {
    const { open, opened } = gate()
    const waiting = [run('a', () => opened)]
    for (let count = 1; count < 10_000; count += 1) waiting.push(run('a'))
    await expect(run(['0', 'a'])).rejects.toMatchObject({ code: 'LIMIT', limit: 10_000 })
    open()
    await Promise.all(waiting)
    expect((await run(['0', 'a'])).attempts).toBe(1)
    expect(lineCount(store)).toBe(0)
  })
})

test('decisions on different boundaries do not wait for each other', async () => {
  const { open, opened } = gate()
  const waiting = run('a', () => opened)
  await run('b')
  await checkOut.execute(shopClient(new MemoryEventStore()), { carts: 'a' })
  open()
  expect((await waiting).attempts).toBe(1)
})

describe('a decision inside a decision', () => {
  test('on the same boundary is refused instead of waiting for ever', async () => {
    const inside = run('a', () => run(['z', 'a']))
    await expect(inside).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/\["cartId","a"\] inside another one/),
    })
    const deeper = run('a', () => run('b', () => Promise.resolve().then(() => run('a'))))
    await expect(deeper).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await Array.fromAsync(store.read('all'))).toEqual([])
    expect(lineCount(store)).toBe(0)
  })

  test('on another boundary does not wait, so that no two wait for each other', async () => {
    const { open, opened } = gate()
    const both = [
      run('a', () => opened.then(() => run('b'))),
      run('b', () => opened.then(() => run('a'))),
    ]
    await sleep(1)
    open()
    await Promise.all(both)
    expect(await Array.fromAsync(store.read('all'))).toHaveLength(2)
    expect(lineCount(store)).toBe(0)
  })

  test('is like any other when the outer one is over', async () => {
    let late: ReturnType<typeof run> | undefined
    const { open, opened } = gate()
    await run('a', () => {
      late = opened.then(() => run('a'))
    })
    open()
    expect((await late)?.events).toEqual([])
  })
})

describe('the names of a boundary', () => {
  const names = (streams: Parameters<typeof boundaryNames>[0]) =>
    boundaryNames(streams).map((name) => (name === 'all' ? name : (JSON.parse(name) as unknown)))

  test.each<[Parameters<typeof boundaryNames>[0], unknown[]]>([
    ['all', ['all']],
    [[{ filter: { cartId: 'a' } }], [['cartId', 'a']]],
    [[{ types: ['X'], filter: { cartId: { eq: 'a' }, size: { gt: 1 } } }], [['cartId', 'a']]],
    [
      [{ filter: { seat: 1, row: ['x', 'y'] } }],
      [
        ['row', 'x', 'seat', 1],
        ['row', 'y', 'seat', 1],
      ],
    ],
    [[{ filter: { row: { in: ['x', 'x'] } } }, { filter: { row: 'x' } }], [['row', 'x']]],
    [[{ types: ['Y', 'X'] }], [['types', 'X', 'Y']]],
    [[{ types: ['X'], filter: { size: { gt: 1 } } }], [['types', 'X']]],
    [[{ aggregate: { type: 'cart', id: 'a' }, types: ['X'] }], [['aggregate', 'cart', 'a']]],
  ])('of %j are %j', (streams, expected) => {
    expect(names(streams)).toEqual(expected)
  })

  test('are few, also of long lists', () => {
    const many = Array.from({ length: 300 }, (_, index) => `cart_${index}`)
    expect(names([{ types: ['X'], filter: { cartId: many } }])).toEqual([['types', 'X']])
    const twice = { cartId: many.slice(0, 200), userId: many.slice(0, 2) }
    expect(names([{ filter: twice }])).toHaveLength(200)
  })
})
