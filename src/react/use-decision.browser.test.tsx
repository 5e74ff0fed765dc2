import { isEventfoldError, MemoryEventStore, type EventStore } from 'eventfold'
import { useDecision } from 'eventfold/react'
import { useState, version, type ReactElement } from 'react'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { addItem, cartClient, type AddItem, type CartClient } from './cart.fixture.ts'
import { mount, withoutConsole } from './mount.fixture.tsx'

const item = (productId: string): AddItem => ({ cartId: 'cart_1', productId })

type Handle = ReturnType<typeof useAdding>
const useAdding = () => useDecision(addItem)

describe(`useDecision, React ${version}`, () => {
  let store: EventStore
  /** What holds a commit back. */
  let gate: Promise<void> | undefined
  let client: CartClient
  let handles: Handle[]
  const handle = () => handles.at(-1) as Handle

  function Button({ product = 'a' }: { readonly product?: string }): ReactElement {
    const add = useAdding()
    handles.push(add)
    const reason = isEventfoldError(add.error, 'REJECTED')
      ? `refused: ${add.error.message}`
      : isEventfoldError(add.error, 'CONFLICT')
        ? `conflict: ${add.error.conflict.reason}`
        : (add.error?.code ?? 'fine')
    return (
      <>
        <p>
          {add.pending ? 'adding' : 'idle'}, {reason}
        </p>
        <button onClick={() => void add.execute(item(product))}>Add</button>
        <button onClick={() => void add.execute(item(product), { attempts: 1 })}>Once</button>
        <button onClick={add.reset}>Reset</button>
      </>
    )
  }
  const held = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  const stored = async () => (await Array.fromAsync(store.read('all'))).length

  beforeEach(() => {
    store = new MemoryEventStore()
    gate = undefined
    handles = []
    const slow: EventStore = {
      ...store,
      commit: async (...given) => {
        await gate
        return store.commit(...given)
      },
    }
    client = cartClient(slow)
  })

  /** What nobody has handled. */
  const unhandled = () => {
    const found: unknown[] = []
    const hear = (event: PromiseRejectionEvent) => {
      found.push(event.reason)
      event.preventDefault()
    }
    addEventListener('unhandledrejection', hear)
    onTestFinished(() => removeEventListener('unhandledrejection', hear))
    return found
  }

  test.each([false, true])('is pending until it is stored (StrictMode: %s)', async (strict) => {
    const release = held()
    const page = mount(client, <Button />, { strict })
    await expect.poll(page.text).toContain('idle, fine')
    page.click('Add')
    await expect.poll(page.text).toContain('adding, fine')
    expect(await stored()).toBe(0)
    release()
    await expect.poll(page.text).toContain('idle, fine')
    expect(await stored()).toBe(1)
  })

  test('gives what the decision gives', async () => {
    const page = mount(client, <Button />)
    await expect.poll(page.text).toContain('idle')
    const result = await handle().execute(item('a'))
    expect(result).toMatchObject({ state: 1, attempts: 1, replayed: false })
    const again = () => handle().execute(item('b'), { idempotencyKey: 'b' })
    await again()
    expect(await again()).toMatchObject({ replayed: true })
    expect(await stored()).toBe(2)
  })

  test('shows a rejection until the next one runs, or a reset; the caller need not catch it', async () => {
    const lost = unhandled()
    await client.saveEvents(
      ['1', '2', '3'].map((productId) => ({ type: 'ITEM_ADDED', data: item(productId) }) as const),
    )
    const page = mount(client, <Button />)
    await expect.poll(page.text).toContain('idle')
    page.click('Add')
    await expect.poll(page.text).toContain('idle, refused: the cart is full')
    page.click('Reset')
    await expect.poll(page.text).toContain('idle, fine')
    page.click('Add')
    await expect.poll(page.text).toContain('refused')
    await client.saveEvent({ type: 'CART_EMPTIED', data: { cartId: 'cart_1' } })
    const release = held()
    page.click('Add')
    await expect.poll(page.text).toContain('adding, fine')
    release()
    await expect.poll(page.text).toContain('idle, fine')
    expect(lost).toEqual([])
    // Who wants to, can.
    await Promise.all([handle().execute(item('2')), handle().execute(item('3'))])
    await expect(handle().execute(item('4'))).rejects.toMatchObject({
      code: 'REJECTED',
      details: { count: 3 },
    })
  })

  test('tells a conflict apart', async () => {
    const page = mount(client, <Button />)
    await expect.poll(page.text).toContain('idle')
    const release = held()
    page.click('Once')
    await expect.poll(page.text).toContain('adding')
    await store.commit({ events: [{ type: 'ITEM_ADDED', data: item('theirs') }] })
    release()
    await expect.poll(page.text).toContain('idle, conflict: condition')
  })

  test('is pending as long as one of several runs, and shows what failed of them', async () => {
    const page = mount(client, <Button />)
    await expect.poll(page.text).toContain('idle')
    const release = held()
    const all = Promise.allSettled(['1', '2', '3', '4'].map((id) => handle().execute(item(id))))
    await expect.poll(page.text).toContain('adding')
    release()
    const outcomes = (await all).map(({ status }) => status)
    expect(outcomes.filter((status) => status === 'rejected')).toHaveLength(1)
    await expect.poll(page.text).toContain('idle, refused')
  })

  test('reset forgets what runs: it goes on, and nobody sees how it ends', async () => {
    await client.saveEvents(
      ['1', '2', '3'].map((productId) => ({ type: 'ITEM_ADDED', data: item(productId) }) as const),
    )
    const { load } = store
    const { promise, resolve } = Promise.withResolvers<void>()
    client = cartClient({
      ...store,
      load: async (...given) => {
        await promise
        return load(...given)
      },
    })
    const page = mount(client, <Button />)
    await expect.poll(page.text).toContain('idle')
    const execution = handle().execute(item('4'))
    await expect.poll(page.text).toContain('adding')
    page.click('Reset')
    await expect.poll(page.text).toContain('idle, fine')
    resolve()
    await expect(execution).rejects.toMatchObject({ code: 'REJECTED' })
    await new Promise((done) => setTimeout(done, 50))
    expect(page.text()).toContain('idle, fine')
  })

  test('goes on when its component has gone', async () => {
    const errors = withoutConsole()
    const page = mount(client, <Button />)
    await expect.poll(page.text).toContain('idle')
    const release = held()
    const execution = handle().execute(item('a'))
    await expect.poll(page.text).toContain('adding')
    page.unmount()
    release()
    await expect(execution).resolves.toMatchObject({ state: 1 })
    expect(await stored()).toBe(1)
    expect(errors).toEqual([])
  })

  test('a mistake in the program goes to the error boundary', async () => {
    withoutConsole()
    const lost = unhandled()
    const page = mount(client, <Button product="mistake" />)
    await expect.poll(page.text).toContain('idle')
    page.click('Add')
    await expect.poll(page.text).toContain('Failed: a mistake in decide')
    page.click('Try again')
    await expect.poll(page.text).toContain('idle, fine')
    expect(lost).toEqual([])
  })

  test('is the same from render to render, where nothing changes', async () => {
    const kept = new Set<unknown>()
    const functions = new Set<unknown>()
    function Kept() {
      const [count, set] = useState(0)
      const add = useAdding()
      kept.add(add)
      functions.add(add.execute)
      functions.add(add.reset)
      return <button onClick={() => set(count + 1)}>{`Clicked ${count}`}</button>
    }
    const page = mount(client, <Kept />)
    await expect.poll(page.text).toBe('Clicked 0')
    page.click('Clicked 0')
    await expect.poll(page.text).toBe('Clicked 1')
    expect([kept.size, functions.size]).toEqual([1, 2])
  })
})
