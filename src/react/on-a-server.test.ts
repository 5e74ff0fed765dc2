import { text } from 'node:stream/consumers'
import { MemoryEventStore } from 'eventfold'
import { EventClientProvider, useDecision, useProjection } from 'eventfold/react'
import { createElement, Suspense, type ReactElement } from 'react'
import { renderToReadableStream } from 'react-dom/server'
import { expect, test } from 'vitest'
import { addItem, cartClient, countedView } from './cart.fixture.ts'

test('a server renders views as they are, and decisions that nobody has executed', async () => {
  const client = cartClient(new MemoryEventStore())
  await client.saveEvent({ type: 'ITEM_ADDED', data: { cartId: 'cart_1', productId: 'apples' } })
  const { view } = countedView()
  function Cart(): ReactElement {
    const { state } = useProjection(view, 'cart_1')
    const add = useDecision(addItem)
    return createElement('p', {}, state.products.join(), add.pending ? ' pending' : ' idle')
  }
  const page = createElement(
    EventClientProvider<never, never>,
    { client: client as never },
    createElement(Suspense, { fallback: 'Loading…' }, createElement(Cart)),
  )
  const stream = await renderToReadableStream(page)
  await stream.allReady
  expect(await text(stream as unknown as AsyncIterable<Uint8Array> as never)).toContain('apples')
})
