import { MemoryEventStore, StoreError, type EventStore } from 'eventfold'
import { IndexedDBEventStore, LocalStorageEventStore } from 'eventfold/browser'
import { useProjection } from 'eventfold/react'
import {
  startTransition,
  useEffect,
  useLayoutEffect,
  useReducer,
  useState,
  version,
  type ReactElement,
} from 'react'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import { cartClient, countedView, type CartClient, type CountedView } from './cart.fixture.ts'
import { mount, Slow, withoutConsole } from './mount.fixture.tsx'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of React, where it is not the newest. */
    react?: string
  }
}

const item = (productId: string, cartId = 'cart_1') =>
  ({ type: 'ITEM_ADDED', data: { cartId, productId } }) as const

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface CartProps {
  readonly id?: string
  readonly onRender?: (products: readonly string[]) => void
}
/** A component on a view of its own. */
function cartOn({ view }: CountedView) {
  return function ShownCart({ id = 'cart_1', onRender }: CartProps): ReactElement {
    const { products } = useProjection(view, id).state
    onRender?.(products)
    return <p className="cart">{`${id}: ${products.join() || 'nothing'}`}</p>
  }
}

/** Where logs are: each in two stores, as two parts of a page or two tabs have it. */
const places: Readonly<Record<string, () => [EventStore, EventStore]>> = {
  memory: () => {
    const store = new MemoryEventStore()
    return [store, store]
  },
  localStorage: () => {
    const namespace = crypto.randomUUID()
    const open = () => new LocalStorageEventStore({ namespace })
    return [open(), open()]
  },
  IndexedDB: () => {
    const name = crypto.randomUUID()
    const open = () => new IndexedDBEventStore({ name })
    return [open(), open()]
  },
}

describe.each(Object.entries(places))(`useProjection on %s, React ${version}`, (_, open) => {
  let client: CartClient
  let elsewhere: CartClient
  let counted: CountedView
  let Cart: ReturnType<typeof cartOn>
  beforeEach(() => {
    const [mine, theirs] = open()
    client = cartClient(mine)
    elsewhere = cartClient(theirs)
    counted = countedView()
    Cart = cartOn(counted)
    return async () => {
      await client.close()
      await elsewhere.close()
    }
  })

  test('suspends until it is loaded, and follows commits of this store and of another', async () => {
    await client.saveEvent(item('a'))
    const page = mount(client, <Cart />)
    await expect.poll(page.text).toBe('cart_1: a')
    expect(page.seen).toContain('Loading…')
    await client.saveEvent(item('b'))
    await expect.poll(page.text).toBe('cart_1: a,b')
    await elsewhere.saveEvent(item('c'))
    await expect.poll(page.text).toBe('cart_1: a,b,c')
    expect(counted.folded()).toBe(3)
  })

  test('renders as often as something has changed', async () => {
    const rendered: string[] = []
    const page = mount(client, <Cart onRender={(products) => rendered.push(products.join())} />)
    await expect.poll(page.text).toBe('cart_1: nothing')
    for (const id of ['x', 'y', 'z']) await client.saveEvent(item(id, 'cart_2'))
    await client.saveEvent(item('a'))
    await expect.poll(page.text).toBe('cart_1: a')
    await elsewhere.saveEvent(item('b', 'cart_3'))
    await pause(100)
    expect(rendered).toEqual(['', 'a'])
  })

  test('works in StrictMode', async () => {
    const page = mount(client, <Cart />, { strict: true })
    await expect.poll(page.text).toBe('cart_1: nothing')
    await elsewhere.saveEvent(item('a'))
    await expect.poll(page.text).toBe('cart_1: a')
    await client.saveEvent(item('b'))
    await expect.poll(page.text).toBe('cart_1: a,b')
  })

  test('another id is another view; in a transition the old one stays until it is there', async () => {
    await client.saveEvents([item('a', 'cart_1'), item('b', 'cart_2'), item('c', 'cart_3')])
    function Choice() {
      const [id, choose] = useState('cart_1')
      return (
        <>
          <Cart id={id} />
          <button onClick={() => choose('cart_2')}>Now</button>
          <button onClick={() => startTransition(() => choose('cart_3'))}>Softly</button>
        </>
      )
    }
    const page = mount(client, <Choice />)
    await expect.poll(page.text).toContain('cart_1: a')
    page.click('Now')
    await expect.poll(page.text).toContain('cart_2: b')
    expect(page.seen).toContain('Loading…')
    page.seen.length = 0
    page.click('Softly')
    await expect.poll(page.text).toContain('cart_3: c')
    expect(page.seen).not.toContain('Loading…')
    // Nobody looks at the first one any more, and the last one follows.
    await client.saveEvents([item('d', 'cart_1'), item('e', 'cart_3')])
    await expect.poll(page.text).toContain('cart_3: c,e')
  })

  test('after it is gone nothing is read', async () => {
    const page = mount(client, <Cart />)
    await expect.poll(page.text).toBe('cart_1: nothing')
    page.unmount()
    await client.saveEvents([item('a'), item('b')])
    await pause(100)
    expect(counted.folded()).toBe(0)
    // Until somebody looks again.
    const again = mount(client, <Cart />)
    await expect.poll(again.text).toBe('cart_1: a,b')
    expect(counted.folded()).toBe(2)
  })

  test('a client of its own takes the place of the one around', async () => {
    const other = cartClient(new MemoryEventStore())
    await other.saveEvent(item('other'))
    function Other() {
      return <p>{useProjection(counted.view, 'cart_1', { client: other }).state.products}</p>
    }
    const page = mount(client, <Other />)
    await expect.poll(page.text).toBe('other')
  })

  test('never shows two versions of one view at once', async () => {
    const { torn, versions } = await provoke(client, () => {
      const { state, cursor } = useProjection(counted.view, 'cart_1')
      return `${state.products.length} ${cursor}`
    })
    expect(versions).toBeGreaterThanOrEqual(VERSIONS)
    expect(torn).toEqual([])
  })
})

/** How many versions have to be seen until it counts. */
const VERSIONS = 8

/**
 * Components that show one thing, with slow ones between them, rendered in transitions while it changes:
 * which commits of React showed different things, and how many versions were seen.
 */
async function provoke(client: CartClient, useShown: () => string) {
  const torn: string[][] = []
  const versions = new Set<string>()
  /** In every commit of React in which anything has rendered. */
  const look = (): void => {
    const texts = [...document.querySelectorAll('.view')].map((view) => view.textContent ?? '')
    if (new Set(texts).size > 1) torn.push(texts)
    for (const text of texts) versions.add(text)
  }
  function View() {
    useLayoutEffect(look)
    return <p className="view">{useShown()}</p>
  }
  function Page() {
    const [tick, again] = useReducer((count: number) => count + 1, 0)
    useEffect(() => {
      const timer = setTimeout(() => startTransition(again))
      return () => clearTimeout(timer)
    }, [tick])
    useLayoutEffect(look)
    return (
      <>
        {Array.from({ length: 6 }, (_, at) => (
          // Some come new in a transition, some are there and render again.
          <div key={at}>
            <Slow milliseconds={3} />
            <View key={at % 2 ? tick : 'old'} />
          </div>
        ))}
      </>
    )
  }
  const page = mount(client, <Page />)
  await expect.poll(() => versions.size).toBeGreaterThan(0)
  for (let at = 0; at < 300 && (at < 30 || versions.size < VERSIONS); at += 1) {
    await client.saveEvent(item(`${at}`))
    await pause(Math.random() * 20)
  }
  page.unmount()
  return { torn, versions: versions.size }
}

test('what would tear is seen to tear', async () => {
  const store = new MemoryEventStore()
  const client = cartClient(store)
  let count = 0
  store.watch(() => (count += 1))
  const { torn } = await provoke(client, () => `${count}`)
  expect(torn).not.toEqual([])
})

describe('where it fails', () => {
  beforeEach(() => void withoutConsole())

  test('the error boundary shows why, and a second later it can be loaded again', async () => {
    const store: EventStore = new MemoryEventStore()
    let fault: Error | undefined = new StoreError('denied', 'storage is blocked')
    let loads = 0
    const client = cartClient({
      ...store,
      load: async (streams, options) => {
        loads += 1
        if (fault) throw fault
        return store.load(streams, options)
      },
    })
    const Cart = cartOn(countedView())
    const page = mount(client, <Cart />)
    await expect.poll(page.text).toContain('Failed: storage is blocked')
    expect(loads).toBe(1)
    await pause(1_100)
    page.click('Try again')
    await expect.poll(() => loads).toBe(2)
    await expect.poll(page.text).toContain('Failed: storage is blocked')
    fault = undefined
    await pause(1_100)
    page.click('Try again')
    await expect.poll(page.text).toBe('cart_1: nothing')
    await client.saveEvent(item('a'))
    await expect.poll(page.text).toBe('cart_1: a')
  })

  test('also when it had been shown already', async () => {
    const namespace = crypto.randomUUID()
    await using store = new LocalStorageEventStore({ namespace })
    const client = cartClient(store)
    const Cart = cartOn(countedView())
    const page = mount(client, <Cart />)
    await expect.poll(page.text).toBe('cart_1: nothing')
    await client.saveEvent(item('a'))
    await expect.poll(page.text).toBe('cart_1: a')
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(namespace)) localStorage.removeItem(key)
    }
    await expect(client.saveEvent(item('b'))).rejects.toMatchObject({ fault: 'cleared' })
    await expect.poll(page.text).toContain('Failed:')
  })

  test('without a client it says what to do', async () => {
    const Cart = cartOn(countedView())
    const page = mount(undefined as unknown as CartClient, <Cart />)
    await expect.poll(page.text).toContain('<EventClientProvider client={client}>')
  })
})

test('the React that was asked for is the one that is tested', () => {
  expect(version.split('.')[0]).toBe(inject('react') ?? '19')
})
