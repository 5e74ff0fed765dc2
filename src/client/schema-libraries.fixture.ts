import { type as ark } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'
import { z as z3 } from 'zod-3'

/** The same two facts, as each library of schemas says them. */
export const zod4 = {
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED: z.object({
    cartId: z.string(),
    productId: z.string(),
    quantity: z.number().int().positive().default(1),
  }),
}
export const zod3 = {
  CART_CREATED: z3.object({ cartId: z3.string(), userId: z3.string() }),
  ITEM_ADDED: z3.object({
    cartId: z3.string(),
    productId: z3.string(),
    quantity: z3.number().int().positive().default(1),
  }),
}
export const valibot = {
  CART_CREATED: v.object({ cartId: v.string(), userId: v.string() }),
  ITEM_ADDED: v.object({
    cartId: v.string(),
    productId: v.string(),
    quantity: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  }),
}
export const arktype = {
  CART_CREATED: ark({ cartId: 'string', userId: 'string' }),
  ITEM_ADDED: ark({ cartId: 'string', productId: 'string', quantity: 'number.integer >= 1 = 1' }),
}
