import { text } from 'node:stream/consumers'
import { MemoryEventStore } from 'eventfold'
import { EventClientProvider, useDecision, useProjection } from 'eventfold/react'
import { createElement, Suspense, type ReactElement } from 'react'
import { renderToReadableStream, renderToString } from 'react-dom/server'
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

test('what is not a client, a projection or a decision is refused by name', () => {
  const client = cartClient(new MemoryEventStore())
  const render = (use: () => unknown, given: unknown): string =>
    renderToString(
      createElement(
        EventClientProvider<never, never>,
        { client: given as never },
        createElement(function Wrong(): ReactElement {
          use()
          return createElement('p')
        }),
      ),
    )
  for (const wrong of [undefined, {}, new MemoryEventStore()]) {
    expect(() => render(() => useDecision(addItem), wrong)).toThrow(
      /client: expected a client \(put <EventClientProvider.*found/,
    )
  }
  for (const wrong of [undefined, {}, addItem]) {
    expect(() => render(() => useProjection(wrong as never, 'cart_1'), client)).toThrow(
      'useProjection: expected what defineProjection gives, found',
    )
  }
  for (const wrong of [undefined, {}, countedView().view]) {
    expect(() => render(() => useDecision(wrong as never), client)).toThrow(
      'useDecision: expected what defineDecision gives, found',
    )
  }
})
