import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { z as z3 } from 'zod-3'
import { defineEvents, type EventInputUnion, type EventUnion } from './definition.ts'

type Output<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>
type Input<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>

/** What all libraries must give: each type with its own data, defaults and transforms applied. */
type StoredUnion =
  | { readonly type: 'ITEM_ADDED'; readonly data: { cartId: string; quantity: number } }
  | { readonly type: 'CART_CLOSED'; readonly data: { cartId: string; reason: number } }
type GivenUnion =
  | {
      readonly type: 'ITEM_ADDED'
      readonly data: { cartId: string; quantity?: number | undefined }
    }
  | { readonly type: 'CART_CLOSED'; readonly data: { cartId: string; reason: string } }

const withZod = {
  ITEM_ADDED: z.object({ cartId: z.string(), quantity: z.number().default(1) }),
  CART_CLOSED: z.object({ cartId: z.string(), reason: z.string().transform(Number) }),
}

const ofZod = defineEvents(withZod)
const ofZod3 = defineEvents({
  ITEM_ADDED: z3.object({ cartId: z3.string(), quantity: z3.number().default(1) }),
  CART_CLOSED: z3.object({ cartId: z3.string(), reason: z3.string().transform(Number) }),
})
const ofValibot = defineEvents({
  ITEM_ADDED: v.object({ cartId: v.string(), quantity: v.optional(v.number(), 1) }),
  CART_CLOSED: v.object({
    cartId: v.string(),
    reason: v.pipe(v.string(), v.transform(Number)),
  }),
})
const ofArktype = defineEvents({
  ITEM_ADDED: type({ cartId: 'string', quantity: 'number = 1' }),
  CART_CLOSED: type({ cartId: 'string', reason: type('string').pipe(Number) }),
})

describe('the union of the events', () => {
  test('has the outputs of the schemas, each tied to its type', () => {
    expectTypeOf<Output<typeof ofZod>>().toEqualTypeOf<StoredUnion>()
    expectTypeOf<Output<typeof ofZod3>>().toEqualTypeOf<StoredUnion>()
    expectTypeOf<Output<typeof ofValibot>>().toEqualTypeOf<StoredUnion>()
    expectTypeOf<Output<typeof ofArktype>>().toEqualTypeOf<StoredUnion>()
    expectTypeOf<EventUnion<typeof withZod>>().toEqualTypeOf<StoredUnion>()
  })

  test('as it is given has their inputs', () => {
    expectTypeOf<Input<typeof ofZod>>().toEqualTypeOf<GivenUnion>()
    expectTypeOf<Input<typeof ofZod3>>().toEqualTypeOf<GivenUnion>()
    expectTypeOf<Input<typeof ofValibot>>().toEqualTypeOf<GivenUnion>()
    expectTypeOf<EventInputUnion<typeof withZod>>().toEqualTypeOf<GivenUnion>()
    // arktype makes the key optional, without `undefined`.
    expectTypeOf<Input<typeof ofArktype>>().toExtend<GivenUnion>()
    expectTypeOf<Extract<Input<typeof ofArktype>, { type: 'CART_CLOSED' }>>().toEqualTypeOf<
      Extract<GivenUnion, { type: 'CART_CLOSED' }>
    >()
    expectTypeOf({
      type: 'ITEM_ADDED',
      data: { cartId: 'cart_1' },
    } as const).toExtend<Input<typeof ofArktype>>()
  })

  test('narrows its data by its type', () => {
    const event = {} as Output<typeof ofZod>
    if (event.type === 'CART_CLOSED') {
      expectTypeOf(event.data).toEqualTypeOf<{ cartId: string; reason: number }>()
      // @ts-expect-error it is a key of another event
      void event.data.quantity
    }
    // @ts-expect-error no event has this type
    void (event.type === 'CART_OPENED')
  })

  test('refuses a wrong type, and data of another type', () => {
    const fits = { type: 'ITEM_ADDED', data: { cartId: 'cart_1' } } as const
    expectTypeOf(fits).toExtend<Input<typeof ofZod>>()
    // @ts-expect-error a misspelt type
    const misspelt: Input<typeof ofZod> = { type: 'ITEM_ADED', data: { cartId: 'cart_1' } }
    void misspelt
    // @ts-expect-error the data of ITEM_ADDED is not the data of CART_CLOSED
    const crossed: Input<typeof ofZod> = { type: 'CART_CLOSED', data: { cartId: 'c', quantity: 1 } }
    void crossed
    // @ts-expect-error a value of the wrong type
    const wrong: Input<typeof ofZod> = { type: 'ITEM_ADDED', data: { cartId: 7 } }
    void wrong
    // @ts-expect-error no data
    const empty: Input<typeof ofZod> = { type: 'ITEM_ADDED' }
    void empty
  })

  test('names its types', () => {
    expectTypeOf(ofZod.types).toEqualTypeOf<readonly ('ITEM_ADDED' | 'CART_CLOSED')[]>()
    expectTypeOf(ofArktype.types).toEqualTypeOf<readonly ('ITEM_ADDED' | 'CART_CLOSED')[]>()
  })
})

test('the libraries may be mixed', () => {
  const events = defineEvents({
    A: z.object({ aId: z.string() }),
    B: v.object({ bId: v.string() }),
    C: type({ cId: 'string' }),
    D: z3.object({ dId: z3.string() }),
  })
  expectTypeOf<Output<typeof events>>().toEqualTypeOf<
    | { readonly type: 'A'; readonly data: { aId: string } }
    | { readonly type: 'B'; readonly data: { bId: string } }
    | { readonly type: 'C'; readonly data: { cId: string } }
    | { readonly type: 'D'; readonly data: { dId: string } }
  >()
})

test('a versioned entry counts as its schema', () => {
  const events = defineEvents({
    ITEM_ADDED: {
      version: 3,
      schema: z.object({ cartId: z.string(), quantity: z.number().default(1) }),
      upcasters: {
        1: (data) => {
          expectTypeOf(data).toEqualTypeOf<Record<string, unknown>>()
          return { quantity: 1, ...data }
        },
        // The old version's own type may be named.
        2: (data: { cart: string; quantity: number }) => ({ ...data, cartId: data.cart }),
      },
    },
    CART_CLOSED: z.object({ cartId: z.string(), reason: z.string().transform(Number) }),
  })
  expectTypeOf<Output<typeof events>>().toEqualTypeOf<StoredUnion>()
  expectTypeOf<Input<typeof events>>().toEqualTypeOf<GivenUnion>()
})

test('an entry must be a schema', () => {
  expectTypeOf(defineEvents({ A: { schema: z.object({}) } }).types).toEqualTypeOf<readonly 'A'[]>()
  // @ts-expect-error no schema
  defineEvents({ A: {} })
  // @ts-expect-error no schema in it
  defineEvents({ A: { version: 2 } })
  // @ts-expect-error a version is a number
  defineEvents({ A: { schema: z.object({}), version: '2' } })
  // @ts-expect-error a type's name
  defineEvents({ A: 'string' })
})

test('data may be anything that JSON keeps', () => {
  const events = defineEvents({
    COUNTED: z.number(),
    LISTED: z.array(z.string()),
    EITHER: z.union([z.object({ a: z.string() }), z.object({ b: z.number() })]),
  })
  expectTypeOf<Output<typeof events>>().toEqualTypeOf<
    | { readonly type: 'COUNTED'; readonly data: number }
    | { readonly type: 'LISTED'; readonly data: string[] }
    | { readonly type: 'EITHER'; readonly data: { a: string } | { b: number } }
  >()
})
