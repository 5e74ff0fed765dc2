import { defineProjection, isEventfoldError, MemoryEventStore, StoreError } from 'eventfold'
import type { EventStore } from 'eventfold'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { cartClient, countedView, events, type Cart, type CartClient } from './cart.fixture.ts'
import { KEPT, PAUSE, type LiveView } from './live-view.ts'
import { viewOf } from './views.ts'

/** A store that can be watched: what is read of it, who watches it, and what it refuses to read. */
function openWatched() {
  const store = new MemoryEventStore() as EventStore & Required<Pick<EventStore, 'watch'>>
  const seen = { loads: 0, events: 0, watching: 0, fault: undefined as Error | undefined }
  const watched: EventStore = {
    ...store,
    load: async (streams, options) => {
      seen.loads += 1
      if (seen.fault) throw seen.fault
      const loaded = await store.load(streams, options)
      seen.events += loaded.events.length
      return loaded
    },
    watch: (listener) => {
      const end = store.watch(listener)
      seen.watching += 1
      return () => {
        seen.watching -= 1
        end()
      }
    },
  }
  return { store: watched, seen }
}

/** Until nothing is under way any more. */
const settle = () => vi.advanceTimersByTimeAsync(1)

const item = (productId: string, cartId = 'cart_1') =>
  ({ type: 'ITEM_ADDED', data: { cartId, productId } }) as const

describe('a view on display', () => {
  let log: ReturnType<typeof openWatched>
  let client: CartClient
  let counted: ReturnType<typeof countedView>
  let shows: number
  const view = (id = 'cart_1'): LiveView<Cart> => viewOf(client, counted.view, id)
  const products = (id?: string): readonly string[] | undefined => {
    const shown = view(id).shown()
    return shown.status === 'ready' ? shown.view.state.products : undefined
  }
  const show = () => view().subscribe(() => (shows += 1))

  beforeEach(() => {
    vi.useFakeTimers()
    log = openWatched()
    client = cartClient(log.store)
    counted = countedView()
    shows = 0
    return () => vi.useRealTimers()
  })

  test('is loaded once, for all who ask', async () => {
    await client.saveEvents([item('a'), item('b')])
    const [first, second] = [view(), view()]
    expect(second).toBe(first)
    const shown = first.shown()
    expect(shown.status).toBe('loading')
    await (shown as Extract<typeof shown, { status: 'loading' }>).loaded
    expect(products()).toEqual(['a', 'b'])
    expect(view().shown()).toBe(view().shown())
    expect(log.seen).toMatchObject({ loads: 1, events: 2 })
  })

  test('another id, projection or client has a view of its own', () => {
    expect(view('cart_2')).not.toBe(view('cart_1'))
    expect(viewOf(client, countedView().view, 'cart_1')).not.toBe(view())
    expect(viewOf(cartClient(log.store), counted.view, 'cart_1')).not.toBe(view())
  })

  test('follows the log, and reads what is new alone', async () => {
    await client.saveEvents(Array.from({ length: 50 }, (_, at) => item(`${at}`)))
    show()
    await settle()
    expect(counted.folded()).toBe(50)
    await client.saveEvent(item('new'))
    await settle()
    expect(products()).toHaveLength(51)
    expect(counted.folded()).toBe(51)
    expect(log.seen).toMatchObject({ loads: 2, events: 51 })
  })

  test('tells nobody where nothing matched, and goes on from there', async () => {
    show()
    await settle()
    const before = view().shown()
    shows = 0
    await client.saveEvent(item('x', 'cart_2'))
    await settle()
    expect(log.seen.loads).toBe(2)
    expect(view().shown()).toBe(before)
    expect(shows).toBe(0)
    await client.saveEvent(item('a'))
    await settle()
    expect(products()).toEqual(['a'])
    expect(shows).toBe(1)
    expect(log.seen.events).toBe(1)
  })

  test('takes many commits at once', async () => {
    show()
    await settle()
    shows = 0
    await Promise.all(Array.from({ length: 20 }, (_, at) => client.saveEvent(item(`${at}`))))
    await settle()
    expect(products()).toHaveLength(20)
    expect(log.seen.events).toBe(20)
    expect(shows).toBeLessThan(4)
  })

  test('misses nothing that is committed while it is loaded', async () => {
    show()
    await client.saveEvent(item('a'))
    await settle()
    await client.saveEvent(item('b'))
    await settle()
    expect(products()).toEqual(['a', 'b'])
  })

  test('does not read while nobody shows it, and looks when somebody does', async () => {
    const leave = show()
    await settle()
    leave()
    await client.saveEvent(item('a'))
    await client.saveEvent(item('b'))
    await settle()
    expect(log.seen.loads).toBe(1)
    show()
    await settle()
    expect(products()).toEqual(['a', 'b'])
    expect(log.seen.loads).toBe(2)
  })

  test('is let go a while after the last one has left, not before', async () => {
    const [first, second] = [show(), show()]
    await settle()
    const before = view()
    first()
    await vi.advanceTimersByTimeAsync(2 * KEPT)
    expect(log.seen.watching).toBe(1)
    second()
    await vi.advanceTimersByTimeAsync(KEPT - 10)
    const third = show()
    await vi.advanceTimersByTimeAsync(2 * KEPT)
    expect(view()).toBe(before)
    third()
    third()
    await vi.advanceTimersByTimeAsync(KEPT)
    expect(log.seen.watching).toBe(0)
    expect(view()).not.toBe(before)
  })

  test('is let go where nobody ever showed it', async () => {
    view()
    await vi.advanceTimersByTimeAsync(KEPT + 10)
    expect(log.seen.watching).toBe(0)
  })

  test('shows why it cannot be loaded, and loads again a moment later', async () => {
    log.seen.fault = new StoreError('denied', 'storage is blocked')
    view()
    await settle()
    expect(view().shown()).toMatchObject({ status: 'failed', error: log.seen.fault })
    log.seen.fault = undefined
    // React renders once more before it shows an error.
    expect(view().shown()).toMatchObject({ status: 'failed' })
    await vi.advanceTimersByTimeAsync(PAUSE + 1)
    expect(view().shown()).toMatchObject({ status: 'loading' })
    await settle()
    expect(products()).toEqual([])
  })

  test('keeps what is there where more can be had later, and asks again', async () => {
    show()
    await client.saveEvent(item('a'))
    await settle()
    log.seen.fault = new StoreError('busy', 'another tab writes', { retryable: true })
    await client.saveEvent(item('b'))
    // The client has tried several times by then.
    await vi.advanceTimersByTimeAsync(5_000)
    expect(products()).toEqual(['a'])
    log.seen.fault = undefined
    await vi.advanceTimersByTimeAsync(PAUSE)
    expect(products()).toEqual(['a', 'b'])
  })

  test('shows an error that will stay, also where there was a view', async () => {
    show()
    await settle()
    log.seen.fault = new StoreError('cleared', 'the log was cleared')
    await client.saveEvent(item('a'))
    await settle()
    const shown = view().shown()
    expect(shown.status === 'failed' && isEventfoldError(shown.error, 'STORE')).toBe(true)
    expect(shows).toBe(2)
  })

  test('begins anew where the log went back', async () => {
    await client.saveEvents([item('a'), item('b')])
    show()
    await settle()
    const { load } = log.store
    let rewinds = 0
    const rewound = cartClient({
      ...log.store,
      load: async (streams, options) => {
        // Another log behind the same store: it does not hold what was seen.
        const after = options?.after === undefined ? undefined : '40~01ARZ3NDEKTSV4RRFFQ69G5FAV'
        if (after) rewinds += 1
        return load(streams, { ...options, after })
      },
    })
    client = rewound
    show()
    await settle()
    await client.saveEvent(item('c'))
    await settle()
    expect(products()).toEqual(['a', 'b', 'c'])
    expect(rewinds).toBeGreaterThan(0)
  })

  test('freezes what is on display, and loads anew where it would be changed', async () => {
    let begun = 0
    const changing = defineProjection(events, {
      type: 'changing',
      streams: (cartId) => [{ filter: { cartId } }],
      initialState: () => {
        begun += 1
        return { products: [] as string[], sizes: new Map([['a', 1]]), raw: new Uint8Array(2) }
      },
      evolve: {
        ITEM_ADDED: (cart, { data }) => {
          cart.products.push(data.productId)
          return cart
        },
      },
    })
    await client.saveEvent(item('a'))
    const live = viewOf(client, changing, 'cart_1')
    live.subscribe(() => (shows += 1))
    await settle()
    const first = live.shown()
    await client.saveEvent(item('b'))
    await settle()
    const second = live.shown()
    const productsOf = (shown: typeof first) =>
      shown.status === 'ready' && shown.view.state.products
    expect(productsOf(first)).toEqual(['a'])
    expect(productsOf(second)).toEqual(['a', 'b'])
    expect(Object.isFrozen(productsOf(second))).toBe(true)
    expect({ begun, shows }).toEqual({ begun: 2, shows: 2 })
  })

  test('one mistake in a handler is shown, not tried for ever', async () => {
    let calls = 0
    const broken = defineProjection(events, {
      type: 'broken',
      streams: (cartId) => [{ filter: { cartId } }],
      initialState: 0,
      evolve: {
        ITEM_ADDED: () => {
          calls += 1
          throw new TypeError('a mistake')
        },
      },
    })
    const live = viewOf(client, broken, 'cart_1')
    live.subscribe(() => {})
    await settle()
    await client.saveEvent(item('a'))
    await settle()
    expect(live.shown()).toMatchObject({ status: 'failed', error: new TypeError('a mistake') })
    expect(calls).toBe(2)
  })

  test('on a store that cannot be watched it is shown as it was loaded', async () => {
    const { watch: _watch, ...unwatched } = log.store
    client = cartClient(unwatched)
    await client.saveEvent(item('a'))
    const leave = show()
    await settle()
    expect(products()).toEqual(['a'])
    leave()
  })

  test('on a closed store it says so', async () => {
    await client.close()
    show()
    await settle()
    expect(view().shown()).toMatchObject({ status: 'failed', error: { code: 'CLOSED' } })
  })
})
