import { describe, expect, test } from 'vitest'
import { z as z4 } from 'zod'
import { z as z3 } from 'zod-3'
import { createEventInputSchema, createEventSchema } from './schemas.ts'

const zods = [
  ['zod 3.24', z3 as unknown as typeof z4],
  ['zod 4', z4],
] as const

const stored = {
  id: 7n,
  type: 'ITEM_ADDED',
  data: { itemId: 'item_1' },
  created_at: '2025-01-01T10:00:00.000Z',
  updated_at: '2025-01-01T10:00:00.000Z',
}

describe.each(zods)('schemas made with %s', (_, z) => {
  const data = z.object({ itemId: z.string() })
  const added = createEventSchema('ITEM_ADDED', data)
  const removed = createEventSchema('ITEM_REMOVED', data)
  const union = z.discriminatedUnion('type', [added, removed])
  const input = z.discriminatedUnion('type', [
    createEventInputSchema('ITEM_ADDED', data),
    createEventInputSchema('ITEM_REMOVED', data),
  ])

  test('take an event as the client gives it', () => {
    expect(added.parse(stored)).toEqual(stored)
    expect(union.parse(stored)).toEqual(stored)
  })

  test('take an event as JSON has it', () => {
    expect(union.parse({ ...stored, id: '7' })).toEqual(stored)
    expect(union.parse({ ...stored, id: 7, created_at: new Date(stored.created_at) })).toEqual(
      stored,
    )
  })

  test.each([
    ['another type', { type: 'LIST_CREATED' }],
    ['no type', { type: undefined }],
    ['other data', { data: { itemId: 7 } }],
    ['no data', { data: undefined }],
    ['no id', { id: undefined }],
    ['an id that is none', { id: 'x' }],
    ['an id that is no whole number', { id: 1.5 }],
    ['a time that is none', { created_at: 'yesterday' }],
    ['no time', { updated_at: undefined }],
  ])('refuse %s', (_name, change) => {
    expect(union.safeParse({ ...stored, ...change }).success).toBe(false)
    const { type: _type, ...rest } = stored
    expect(union.safeParse(rest).success).toBe(false)
  })

  test('of what is saved take type and data', () => {
    const { type, data: given } = stored
    expect(input.parse({ type, data: given })).toEqual({ type, data: given })
    expect(input.safeParse({ type: 'OTHER', data: given }).success).toBe(false)
    expect(input.safeParse({ type, data: {} }).success).toBe(false)
  })

  test('have what their zod gives every object', () => {
    expect(added).toBeInstanceOf(z.ZodObject)
    expect(added.shape.data).toBe(data)
    expect(added.pick({ type: true }).parse(stored)).toEqual({ type: 'ITEM_ADDED' })
  })

  test('leave strictness to the data: what else an event has is not of their concern', () => {
    const strict = createEventInputSchema('A', z.object({ a: z.string() }).strict())
    expect(strict.parse({ type: 'A', data: { a: 'x' }, other: 1 })).toEqual({
      type: 'A',
      data: { a: 'x' },
    })
    expect(strict.safeParse({ type: 'A', data: { a: 'x', b: 1 } }).success).toBe(false)
  })

  test('take refined data, and odd names of types', () => {
    const refined = data.refine(({ itemId }) => itemId !== '')
    const schema = createEventInputSchema('it?\'s "__proto__"', refined)
    const type = 'it?\'s "__proto__"'
    expect(schema.parse({ type, data: { itemId: 'a' } })).toEqual({ type, data: { itemId: 'a' } })
    expect(schema.safeParse({ type, data: { itemId: '' } }).success).toBe(false)
  })

  test('are made of objects alone', () => {
    const call = () => createEventSchema('A', z.string() as never)
    expect(call).toThrow('expected a z.object')
    expect(() => createEventSchema('A', undefined as never)).toThrow('expected a z.object')
  })
})
