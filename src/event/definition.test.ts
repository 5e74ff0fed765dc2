import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { z as z3 } from 'zod-3'
import { defineEvents, type EventSchemas } from './definition.ts'

const validate = (events: StandardSchemaV1, value: unknown) => events['~standard'].validate(value)

/** The same two events in every library: one with a default, one with a transform. */
const libraries: Record<string, EventSchemas> = {
  'zod 4': {
    ITEM_ADDED: z.object({ cartId: z.string(), quantity: z.number().int().positive().default(1) }),
    CART_CLOSED: z.object({ cartId: z.string(), reason: z.string().transform((s) => s.trim()) }),
  },
  'zod 3': {
    ITEM_ADDED: z3.object({
      cartId: z3.string(),
      quantity: z3.number().int().positive().default(1),
    }),
    CART_CLOSED: z3.object({ cartId: z3.string(), reason: z3.string().transform((s) => s.trim()) }),
  },
  valibot: {
    ITEM_ADDED: v.object({
      cartId: v.string(),
      quantity: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
    }),
    CART_CLOSED: v.object({ cartId: v.string(), reason: v.pipe(v.string(), v.trim()) }),
  },
  arktype: {
    ITEM_ADDED: type({ '+': 'delete', cartId: 'string', quantity: 'number.integer >= 1 = 1' }),
    CART_CLOSED: type({ '+': 'delete', cartId: 'string', reason: 'string.trim' }),
  },
}

describe.each(Object.entries(libraries))('events defined with %s', (_, schemas) => {
  const events = defineEvents(schemas)

  test('list their types, and give the schema of each', () => {
    expect(events.types).toEqual(['ITEM_ADDED', 'CART_CLOSED'])
    expect(events.definitionOf('ITEM_ADDED')).toMatchObject({ version: 1 })
    expect(events.definitionOf('CART_OPENED')).toBeUndefined()
    expect(events.definitionOf('toString')).toBeUndefined()
  })

  test('are a Standard Schema of their union', () => {
    expect(events['~standard']).toMatchObject({ version: 1, vendor: 'eventfold' })
  })

  test('put out what their schemas put out', async () => {
    const added = { type: 'ITEM_ADDED', data: { cartId: 'cart_1' } }
    expect(await validate(events, added)).toEqual({
      value: { type: 'ITEM_ADDED', data: { cartId: 'cart_1', quantity: 1 } },
    })
    const closed = { type: 'CART_CLOSED', data: { cartId: 'cart_1', reason: ' paid ' } }
    expect(await validate(events, closed)).toEqual({
      value: { type: 'CART_CLOSED', data: { cartId: 'cart_1', reason: 'paid' } },
    })
  })

  test('keep what else an event carries', async () => {
    const event = { id: '01', type: 'ITEM_ADDED', data: { cartId: 'c' }, metadata: { a: 1 } }
    expect(await validate(events, event)).toMatchObject({ value: { id: '01', metadata: { a: 1 } } })
  })

  test('refuse data of another event, with the path in data', async () => {
    const wrong = { type: 'CART_CLOSED', data: { cartId: 'cart_1', reason: 7 } }
    const { issues } = await validate(events, wrong)
    expect(issues).toHaveLength(1)
    expect(issues?.[0]).toMatchObject({
      message: expect.stringMatching(/string/iu),
      path: ['data', expect.anything()],
    })
    const [, last] = issues?.[0]?.path ?? []
    expect(typeof last === 'object' ? last.key : last).toBe('reason')
  })

  test('refuse data that is missing', async () => {
    const { issues } = await validate(events, { type: 'ITEM_ADDED' })
    expect(issues?.[0]).toMatchObject({ message: expect.any(String), path: ['data'] })
  })

  test('refuse a key that the schema would drop', async () => {
    const event = { type: 'ITEM_ADDED', data: { cartId: 'cart_1', cartld: 'cart_2' } }
    expect(await validate(events, event)).toEqual({
      issues: [{ message: expect.stringMatching(/would drop it/u), path: ['data', 'cartld'] }],
    })
  })

  test.each([
    [{ type: 'ITEM_ADED', data: {} }, '"ITEM_ADED"'],
    [{ type: 'toString', data: {} }, '"toString"'],
    [{ type: 7, data: {} }, 'number'],
    [{ data: {} }, 'undefined'],
    [null, 'undefined'],
    [undefined, 'undefined'],
    ['ITEM_ADDED', 'undefined'],
  ])('refuse %j, naming the types there are', async (event, found) => {
    expect(await validate(events, event)).toEqual({
      issues: [
        {
          message: `unknown event type ${found}: use one of ITEM_ADDED, CART_CLOSED`,
          path: ['type'],
        },
      ],
    })
  })
})

test('the libraries may be mixed, and one may be asynchronous', async () => {
  const events = defineEvents({
    A: z.object({ aId: z.string().refine(async (id) => id !== 'taken') }),
    B: v.object({ bId: v.string() }),
    C: type({ cId: 'string' }),
  })
  expect(await validate(events, { type: 'A', data: { aId: 'free' } })).toHaveProperty('value')
  expect(await validate(events, { type: 'A', data: { aId: 'taken' } })).toHaveProperty('issues')
  expect(await validate(events, { type: 'B', data: { bId: 'b' } })).toHaveProperty('value')
  expect(await validate(events, { type: 'C', data: { cId: 'c' } })).toHaveProperty('value')
})

test('definitions nest: they are a schema for other schemas to use', async () => {
  const events = defineEvents({ A: z.object({ aId: z.string() }) })
  const outer = defineEvents({ WRAPPED: events })
  const event = { type: 'WRAPPED', data: { type: 'A', data: { aId: 'a' } } }
  expect(await validate(outer, event)).toEqual({ value: event })
  expect(await validate(outer, { type: 'WRAPPED', data: { type: 'B' } })).toMatchObject({
    issues: [{ path: ['data', 'type'] }],
  })
})

describe('a versioned entry', () => {
  const schema = z.object({ cartId: z.string() })

  test('gives its version, its check and its upcasters', async () => {
    const upcasters = { 1: () => ({ old: 1 }), 2: () => ({ cartId: 'cart_1' }) }
    const events = defineEvents({ A: { schema, version: 3, upcasters }, B: { schema } })
    expect(events.definitionOf('B')?.version).toBe(1)
    const definition = events.definitionOf('A')
    expect(definition?.version).toBe(3)
    expect(await definition?.check({})).toMatchObject({ issues: [{ path: ['cartId'] }] })
    const old = { id: '1', type: 'A', data: {}, metadata: {}, position: 1, timestamp: '' }
    expect(definition?.upcast(old)).toMatchObject({
      data: { cartId: 'cart_1' },
      metadata: { schemaVersion: 3 },
    })
  })

  test('may begin with an upcaster of a later version: older events never were', () => {
    const events = defineEvents({ A: { schema, version: 3, upcasters: { 2: () => ({}) } } })
    expect(events.types).toEqual(['A'])
  })

  const never = () => ({})
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'A needs a Standard Schema (of zod, valibot, arktype…), alone or as'],
    ['null', null, 'A needs a Standard Schema'],
    ['a text', 'string', 'A needs a Standard Schema'],
    ['no schema', { version: 2 }, 'A needs a Standard Schema'],
    ['a misspelt key', { schema, upcaster: {} }, 'A has the unknown key "upcaster"'],
    ['version 0', { schema, version: 0 }, 'A has the version 0: give a whole number from 1'],
    ['version 1.5', { schema, version: 1.5 }, 'A has the version 1.5: give a whole number'],
    ['version "2"', { schema, version: '2' }, 'A has the version 2: give a whole number'],
    [
      'an upcaster that would never run',
      { schema, upcasters: { 1: never } },
      'A has an upcaster from version 1, which its version 1 never needs',
    ],
    [
      'an upcaster from nowhere',
      { schema, version: 2, upcasters: { x: never } },
      'A has an upcaster from version NaN, which its version 2 never needs',
    ],
    [
      'a gap',
      { schema, version: 4, upcasters: { 1: never, 3: never } },
      'A has no upcaster from version 2',
    ],
    [
      'an upcaster that is none',
      { schema, version: 2, upcasters: { 1: 'x' } },
      'A has no upcaster from version 1',
    ],
  ])('with %s is refused at once', (_, entry, message) => {
    expect(() => defineEvents({ A: entry as never })).toThrow(
      new RegExp(`^defineEvents: ${message.replaceAll(/[().]/gu, '\\$&')}`, 'u'),
    )
  })
})
