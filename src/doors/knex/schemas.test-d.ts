import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createEventInputSchema, createEventSchema } from './schemas.ts'

const data = z.object({ itemId: z.string(), count: z.number().optional() })
const added = createEventSchema('ITEM_ADDED', data)
const removed = createEventSchema('ITEM_REMOVED', z.object({ itemId: z.string() }))
const union = z.discriminatedUnion('type', [added, removed])
const input = z.discriminatedUnion('type', [
  createEventInputSchema('ITEM_ADDED', data),
  createEventInputSchema('ITEM_REMOVED', z.object({ itemId: z.string() })),
])

interface Added {
  id: bigint
  type: 'ITEM_ADDED'
  data: { itemId: string; count?: number | undefined }
  created_at: string
  updated_at: string
}

test('the schemas describe the events', () => {
  expectTypeOf<z.infer<typeof added>>().toEqualTypeOf<Added>()
  expectTypeOf<z.infer<typeof union>['type']>().toEqualTypeOf<'ITEM_ADDED' | 'ITEM_REMOVED'>()
  expectTypeOf<Extract<z.infer<typeof union>, { type: 'ITEM_ADDED' }>>().toEqualTypeOf<Added>()
  expectTypeOf<Extract<z.infer<typeof input>, { type: 'ITEM_REMOVED' }>>().toEqualTypeOf<{
    type: 'ITEM_REMOVED'
    data: { itemId: string }
  }>()
  expectTypeOf<z.input<typeof input>['type']>().toEqualTypeOf<'ITEM_ADDED' | 'ITEM_REMOVED'>()
  expectTypeOf(added.shape.data).toEqualTypeOf(data)
})

test('data is a z.object', () => {
  // @ts-expect-error a string
  createEventSchema('A', z.string())
})
