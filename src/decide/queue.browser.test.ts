import { expect, test } from 'vitest'
import { shop, shopClient } from '../client/stores.fixture.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { defineDecision } from './decision.ts'
import { lineCount } from './queue.ts'

test('a decision inside another one on its boundary does not keep both waiting for ever', async () => {
  const store = new MemoryEventStore()
  const client = shopClient(store)
  const checkOut = defineDecision(shop, {
    streams: ({ cartId }: { cartId: string; inside?: () => Promise<unknown> }) => [
      { types: ['CART_CHECKED_OUT'], filter: { cartId } },
    ],
    initialState: false,
    evolve: { CART_CHECKED_OUT: () => true },
    decide: async ({ cartId, inside }, isDone) => {
      await Promise.resolve()
      await inside?.()
      return isDone ? [] : { type: 'CART_CHECKED_OUT', data: { cartId } }
    },
  })
  const run = (inside?: () => Promise<unknown>) =>
    checkOut.execute(client, { cartId: 'cart_1', ...(inside && { inside }) })
  const behind: Promise<unknown>[] = []
  const outer = await run(() => {
    behind.push(run())
    return run()
  })
  // It was overtaken by the one inside, and has seen that when it decided again.
  expect(outer).toMatchObject({ events: [], attempts: 2 })
  await Promise.all(behind)
  expect(await Array.fromAsync(store.read('all'))).toHaveLength(1)
  expect(lineCount(store)).toBe(0)
})
