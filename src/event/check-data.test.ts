import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { z as z3 } from 'zod-3'
import { checkData } from './check-data.ts'

const DROPPED =
  'the schema does not know this and would drop it: add it to the schema or leave it out'

const drops = (...path: (string | number)[]) => ({ message: DROPPED, path })

/** The same shape in every library; each of them would drop unknown keys at all three depths. */
const strippers: Record<string, StandardSchemaV1> = {
  'zod 4': z.object({
    cartId: z.string(),
    price: z.object({ amount: z.number() }).optional(),
    items: z.array(z.object({ sku: z.string() })).optional(),
  }),
  'zod 3': z3.object({
    cartId: z3.string(),
    price: z3.object({ amount: z3.number() }).optional(),
    items: z3.array(z3.object({ sku: z3.string() })).optional(),
  }),
  valibot: v.object({
    cartId: v.string(),
    price: v.optional(v.object({ amount: v.number() })),
    items: v.optional(v.array(v.object({ sku: v.string() }))),
  }),
  arktype: type({
    '+': 'delete',
    cartId: 'string',
    'price?': { '+': 'delete', amount: 'number' },
    'items?': type({ '+': 'delete', sku: 'string' }).array(),
  }),
}

describe.each(Object.entries(strippers))('%s', (_, schema) => {
  test('data that fits comes back as it was', () => {
    const data = { cartId: 'cart_1', price: { amount: 5 }, items: [{ sku: 'a' }] }
    expect(checkData(schema, data)).toEqual({ value: data })
  })

  test('the order of the keys does not matter', () => {
    const data = { items: [{ sku: 'a' }], cartId: 'cart_1' }
    expect(checkData(schema, data)).toEqual({ value: data })
  })

  test('data that does not fit comes back with issues and no value', () => {
    const result = checkData(schema, { cartId: 7 })
    expect(result).toEqual({ issues: expect.anything() })
    expect((result as StandardSchemaV1.FailureResult).issues[0]).toMatchObject({
      message: expect.stringMatching(/string/iu),
    })
  })

  test('an unknown key is refused, never stripped', () => {
    expect(checkData(schema, { cartId: 'cart_1', cartld: 'cart_2' })).toEqual({
      issues: [drops('cartld')],
    })
  })

  test('also deep inside, each with its path', () => {
    const data = {
      cartId: 'cart_1',
      price: { amount: 5, currency: 'EUR' },
      items: [{ sku: 'a' }, { sku: 'b', quantity: 2 }],
    }
    expect(checkData(schema, data)).toEqual({
      issues: [drops('price', 'currency'), drops('items', 1, 'quantity')],
    })
  })

  test.each(['__proto__', 'constructor', 'toString', ''])('also the key %j', (key) => {
    const data = JSON.parse(`{ "cartId": "cart_1", ${JSON.stringify(key)}: { "a": 1 } }`)
    expect(checkData(schema, data)).toEqual({ issues: [drops(key)] })
  })

  test('a key that is undefined is no key', () => {
    expect(checkData(schema, { cartId: 'cart_1', coupon: undefined })).toMatchObject({
      value: { cartId: 'cart_1' },
    })
  })
})

describe('for any data, and any schema of a part of it', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
  const { data } = fc.letrec<{ data: unknown; object: unknown }>((tie) => ({
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('data'), { maxKeys: 3 }),
    data: fc.oneof({ depthSize: 'medium' }, leaf, tie('object'), fc.array(tie('object'))),
  }))

  /** A schema that knows all of a value but what `isKnown` denies, and the paths of that. */
  function schemaOf(value: unknown, isKnown: () => boolean) {
    const unknown: (string | number)[][] = []
    const build = (inner: unknown, path: (string | number)[]): z.ZodType => {
      if (inner === null || typeof inner !== 'object') return z.literal(inner as string)
      if (Array.isArray(inner)) {
        const items = inner.map((item, index) => build(item, [...path, index]))
        return z.tuple(items as [z.ZodType, ...z.ZodType[]])
      }
      const known = Object.entries(inner).filter(([key]) => {
        const keep = isKnown()
        if (!keep) unknown.push([...path, key])
        return keep
      })
      return z.object(
        Object.fromEntries(known.map(([key, each]) => [key, build(each, [...path, key])])),
      )
    }
    return { schema: build(value, []), unknown }
  }

  test('what the schema does not know is refused, place by place, and nothing else', () => {
    fc.assert(
      fc.property(data, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (given, dice) => {
        const { schema, unknown } = schemaOf(given, () => dice.next().value > 1)
        const result = checkData(schema, given) as StandardSchemaV1.Result<unknown>
        const paths = (result.issues ?? []).map(({ path }) => JSON.stringify(path))
        expect(paths.toSorted()).toEqual(unknown.map((path) => JSON.stringify(path)).toSorted())
        expect(result).toEqual(unknown.length > 0 ? { issues: result.issues } : { value: given })
      }),
      { numRuns: 500 },
    )
  })
})

describe('what a schema keeps', () => {
  test('unknown keys where the schema is open', () => {
    const data = { cartId: 'cart_1', anything: { goes: true } }
    for (const schema of [
      z.looseObject({ cartId: z.string() }),
      z3.object({ cartId: z3.string() }).passthrough(),
      v.looseObject({ cartId: v.string() }),
      type({ cartId: 'string' }),
      z.record(z.string(), z.unknown()),
    ]) {
      expect(checkData(schema, data)).toEqual({ value: data })
    }
  })

  test('the very object, which may even be a cycle: what JSON cannot keep is for the store to say', () => {
    const data: Record<string, unknown> = { cartId: 'cart_1' }
    data['self'] = data
    for (const schema of [z.any(), z3.any(), v.any(), type('unknown')]) {
      expect(checkData(schema, data)).toEqual({ value: data })
    }
  })

  test('a key that a union dropped with the branch it did not take is refused', () => {
    const schema = z.union([
      z.object({ cartId: z.string() }),
      z.object({ cartId: z.string(), coupon: z.string() }),
    ])
    expect(checkData(schema, { cartId: 'cart_1', coupon: 'SALE' })).toEqual({
      issues: [drops('coupon')],
    })
  })

  test('an element that a tuple drops is refused', () => {
    const schema = v.object({ point: v.tuple([v.number(), v.number()]) })
    expect(checkData(schema, { point: [1, 2, 3] })).toEqual({ issues: [drops('point', 2)] })
  })

  test('a misspelt key is not hidden by the default of the right one', () => {
    const schema = z.object({ quantity: z.number().default(1) })
    expect(checkData(schema, { quantty: 3 })).toEqual({ issues: [drops('quantty')] })
  })

  test('nor by a default that is never the same', () => {
    let next = 0
    const schema = z.object({ number: z.number().default(() => (next += 1)) })
    expect(checkData(schema, { nummber: 3 })).toEqual({ issues: [drops('nummber')] })
  })

  test('nor by a custom schema that copies what it knows', () => {
    const schema: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: (value) => ({ value: { cartId: (value as { cartId: string }).cartId } }),
      },
    }
    expect(checkData(schema, { cartId: 'cart_1', a: 1 })).toEqual({ issues: [drops('a')] })
  })
})

describe('a transform that changes the shape is fine', () => {
  test('a value', () => {
    const schema = z.object({
      amount: z.string().transform(Number),
      tags: z.string().transform((tags) => tags.split(',')),
      name: z.object({ first: z.string() }).transform(({ first }) => first),
      when: z.date().transform((date) => date.toISOString()),
    })
    const when = new Date(0)
    expect(checkData(schema, { amount: '5', tags: 'a,b', name: { first: 'Ada' }, when })).toEqual({
      value: { amount: 5, tags: ['a', 'b'], name: 'Ada', when: '1970-01-01T00:00:00.000Z' },
    })
  })

  test('a list into an object', () => {
    const schema = z.object({
      items: z.array(z.string()).transform((items) => ({ count: items.length })),
    })
    expect(checkData(schema, { items: ['a', 'b'] })).toEqual({ value: { items: { count: 2 } } })
  })

  test('anything into something of another kind', () => {
    class Money {
      readonly cents = 500
    }
    const schema = z.object({
      items: z.any().transform((items: string[]) => ({ count: items.length })),
      price: z.any().transform((price: Money) => ({ euros: price.cents / 100 })),
      point: z.any().transform(({ x, y }: { x: number; y: number }) => [x, y]),
    })
    expect(checkData(schema, { items: ['a'], price: new Money(), point: { x: 1, y: 2 } })).toEqual({
      value: { items: { count: 1 }, price: { euros: 5 }, point: [1, 2] },
    })
  })

  test('a list into a shorter one', () => {
    const schema = z.object({ tags: z.array(z.string()).transform((tags) => [...new Set(tags)]) })
    expect(checkData(schema, { tags: ['a', 'b', 'b'] })).toEqual({ value: { tags: ['a', 'b'] } })
  })

  test.each<[string, StandardSchemaV1]>([
    ['zod 4', z.object({ cart_id: z.string() }).transform(({ cart_id }) => ({ cartId: cart_id }))],
    ['zod 3', z3.object({ cart_id: z3.string() }).transform((data) => ({ cartId: data.cart_id }))],
    [
      'valibot',
      v.pipe(
        v.object({ cart_id: v.string() }),
        v.transform((data) => ({ cartId: data.cart_id })),
      ),
    ],
    ['arktype', type({ cart_id: 'string' }).pipe((data) => ({ cartId: data.cart_id }))],
  ])('a key under another name, in %s', (_, schema) => {
    expect(checkData(schema, { cart_id: 'cart_1' })).toEqual({ value: { cartId: 'cart_1' } })
    expect(checkData(schema, { cart_id: 'cart_1', coupon: 'SALE' })).toEqual({
      issues: [drops('coupon')],
    })
  })

  test('a key that a careless transform cannot do without', async () => {
    const validate = (value: unknown) => {
      const { name } = value as { name: string }
      return { value: { loud: name.toUpperCase() } }
    }
    const byHand: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'by hand', validate } }
    expect(checkData(byHand, { name: 'Ada' })).toEqual({ value: { loud: 'ADA' } })
    // zod tries again asynchronously what has thrown.
    const withZod = z.any().transform((data) => validate(data).value)
    expect(await checkData(withZod, { name: 'Ada' })).toEqual({ value: { loud: 'ADA' } })
  })

  test('an optional key that the transform uses up', () => {
    const schema = z
      .object({ first: z.string(), last: z.string().optional() })
      .transform(({ first, last }) => ({ name: [first, last].join(' ') }))
    expect(checkData(schema, { first: 'Ada', last: 'Byron' })).toEqual({
      value: { name: 'Ada Byron' },
    })
  })
})

describe('asynchronous schemas', () => {
  const schema = z
    .object({ cart_id: z.string().refine(async (id) => id !== 'cart_0', 'it is taken') })
    .transform(({ cart_id }) => ({ cartId: cart_id }))

  test('are awaited', async () => {
    const result = checkData(schema, { cart_id: 'cart_1' })
    expect(result).toBeInstanceOf(Promise)
    expect(await result).toEqual({ value: { cartId: 'cart_1' } })
    expect(await checkData(schema, { cart_id: 'cart_0' })).toMatchObject({
      issues: [{ message: 'it is taken', path: ['cart_id'] }],
    })
  })

  test('drop nothing either', async () => {
    expect(await checkData(schema, { cart_id: 'cart_1', a: 1 })).toEqual({ issues: [drops('a')] })
  })

  test('a synchronous one answers at once', () => {
    expect(checkData(z.object({}), {})).toEqual({ value: {} })
  })
})
