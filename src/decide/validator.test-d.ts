import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { EventClient } from '../client/client.ts'
import { defineEvents } from '../event/definition.ts'
import type { StoredEvent } from '../event/event.ts'
import { MultiStreamValidator, SingleStreamValidator } from './validator.ts'

const events = defineEvents({
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED: z.object({
    cartId: z.string(),
    productId: z.string(),
    quantity: z.number().default(1),
  }),
})
type Shop = typeof events
declare const client: EventClient<Shop>

class AddItem extends SingleStreamValidator<Shop> {
  constructor(eventClient: EventClient<Shop>, cartId: string) {
    super(eventClient, ['CART_CREATED', 'ITEM_ADDED'], { cartId: { eq: cartId } })
  }
  async isValid() {
    const products = await this.reduceEvents(
      (all: string[], event) =>
        event.type === 'ITEM_ADDED' ? [...all, event.data.productId] : all,
      [],
    )
    expectTypeOf(products).toEqualTypeOf<string[]>()
    const pieces = await this.reduceOnlyDbEvents((sum, event) => {
      if (event.type === 'CART_CREATED') return sum
      // Reducers see what schemas put out: the default is there.
      expectTypeOf(event.data.quantity).toEqualTypeOf<number>()
      return sum + event.data.quantity
    }, 0)
    return products.length + pieces < 10
  }
}

describe('a validator', () => {
  test('takes the input of a schema and gives its output', async () => {
    const item = { type: 'ITEM_ADDED', data: { cartId: 'cart_1', productId: 'prod_1' } } as const
    const saved = await new AddItem(client, 'cart_1').apply(item).apply([item]).save()
    expectTypeOf(saved[0]!.type).toEqualTypeOf<'CART_CREATED' | 'ITEM_ADDED'>()
    const [first] = saved
    if (first?.type === 'ITEM_ADDED') expectTypeOf(first.data.quantity).toEqualTypeOf<number>()
    expectTypeOf(saved[0]!).toExtend<StoredEvent>()
  })

  test('over schemas that are wider than the definitions takes a client of the definitions', () => {
    type UserEvent =
      | { type: 'CART_CREATED'; data: { cartId: string; userId: string } }
      | { type: 'ITEM_ADDED'; data: { cartId: string; productId: string; quantity: number } }
    type Wide = z.ZodType<UserEvent>
    const toProducts = (products: string[], event: UserEvent): string[] =>
      event.type === 'ITEM_ADDED' ? [...products, event.data.productId] : products
    class WideValidator extends MultiStreamValidator<Wide, Wide> {
      constructor(eventClient: EventClient<Wide, Wide>, cartId: string) {
        super(eventClient, [
          { types: ['CART_CREATED'], filter: { cartId } },
          { types: ['ITEM_ADDED'], filter: { cartId: [cartId] } },
        ])
      }
      async isValid(): Promise<boolean> {
        const products = await this.reduceEvents(toProducts, [])
        expectTypeOf(products).toEqualTypeOf<string[]>()
        return products.length < 3
      }
    }
    void new WideValidator(client, 'cart_1')
  })

  test('that is wrong does not compile', () => {
    const filter = { cartId: 'cart_1' }
    class Rule extends SingleStreamValidator<Shop> {
      constructor(what: 'types' | 'filter' | 'value') {
        // @ts-expect-error a misspelt type
        if (what === 'types') super(client, ['ITEM_ADED'], filter)
        // @ts-expect-error a misspelt filter key
        else if (what === 'filter') super(client, ['ITEM_ADDED'], { cartld: 'cart_1' })
        // @ts-expect-error a value of another type
        else super(client, ['ITEM_ADDED'], { quantity: 'many' })
      }
      isValid() {
        return Promise.resolve(true)
      }
    }
    class Rules extends MultiStreamValidator<Shop> {
      constructor() {
        // @ts-expect-error a misspelt `filter`
        super(client, [{ types: ['ITEM_ADDED'], filer: filter }])
      }
      // @ts-expect-error an answer that is none
      isValid() {
        return Promise.resolve('yes')
      }
    }
    // @ts-expect-error what is valid is not said
    class Incomplete extends SingleStreamValidator<Shop> {}
    return [Rule, Rules, Incomplete]
  })

  test('takes only events that may be saved', () => {
    const validator = new AddItem(client, 'cart_1')
    // @ts-expect-error a misspelt type
    validator.apply({ type: 'ITEM_ADED', data: { cartId: '1', productId: 'p' } })
    // @ts-expect-error the data of another event
    validator.apply({ type: 'CART_CREATED', data: { cartId: '1', productId: 'p' } })
    // @ts-expect-error a key too few, in a list
    validator.apply([{ type: 'ITEM_ADDED', data: { cartId: '1' } }])
  })
})
