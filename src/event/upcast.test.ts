import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { VersionedSchema } from './definition.ts'
import type { StoredEvent } from './event.ts'
import { upcast } from './upcast.ts'

const schema = z.object({ cartId: z.string() })

function stored(data: unknown, schemaVersion?: unknown): StoredEvent {
  return {
    id: '01',
    type: 'ITEM_ADDED',
    data,
    metadata: { actorId: 'user_1', ...(schemaVersion !== undefined && { schemaVersion }) } as never,
    position: 1,
    timestamp: '2030-01-01T00:00:00.000Z',
  }
}

describe('data of an older version', () => {
  const definition: VersionedSchema = {
    schema,
    version: 4,
    upcasters: {
      1: ({ cart, ...data }) => ({ ...data, cartId: cart }),
      2: (data) => ({ ...data, quantity: 1 }),
      3: ({ quantity, ...data }) => ({ ...data, lines: [quantity] }),
    },
  }

  test('goes through every upcaster from its version on, in turn', () => {
    expect(upcast(stored({ cart: 'c' }, 1), definition).data).toEqual({ cartId: 'c', lines: [1] })
    expect(upcast(stored({ cartId: 'c', quantity: 7 }, 3), definition).data).toEqual({
      cartId: 'c',
      lines: [7],
    })
  })

  test('without a version in its metadata is of version 1', () => {
    expect(upcast(stored({ cart: 'c' }), definition)).toEqual(
      upcast(stored({ cart: 'c' }, 1), definition),
    )
  })

  test('has the new version afterwards, and all else as it was', () => {
    const event = stored({ cartId: 'c', quantity: 7 }, 3)
    const before = structuredClone(event)
    expect(upcast(event, definition)).toEqual({
      ...event,
      data: { cartId: 'c', lines: [7] },
      metadata: { actorId: 'user_1', schemaVersion: 4 },
    })
    expect(event).toEqual(before)
  })

  test('may become null, but not nothing', () => {
    const toNull: VersionedSchema = { schema, version: 2, upcasters: { 1: () => null } }
    expect(upcast(stored({}), toNull).data).toBeNull()
    const forgot: VersionedSchema = { schema, version: 2, upcasters: { 1: () => undefined } }
    expect(() => upcast(stored({}), forgot)).toThrow(
      'the upcaster from version 1 returned nothing: return the new data',
    )
  })

  test('cannot wait', () => {
    const later: VersionedSchema = { schema, version: 2, upcasters: { 1: async () => ({}) } }
    expect(() => upcast(stored({}), later)).toThrow(
      'the upcaster from version 1 returned a promise: return the new data',
    )
  })
})

test('data of the current version is not touched', () => {
  const event = stored({ cartId: 'c' }, 2)
  expect(upcast(event, { schema, version: 2, upcasters: { 1: () => 'no' } })).toBe(event)
  const plain = stored({ cartId: 'c' })
  expect(upcast(plain, { schema })).toBe(plain)
})

describe('what cannot be brought up', () => {
  test('a step that is missing names its version', () => {
    const definition = { schema, version: 3, upcasters: { 2: () => ({}) } }
    expect(() => upcast(stored({}, 1), definition)).toThrow(
      'there is no upcaster from version 1: add upcasters[1]',
    )
    expect(() => upcast(stored({}), { schema, version: 2 })).toThrow('add upcasters[1]')
  })

  test('a step that throws names its version and keeps the cause', () => {
    const cause = new RangeError('no such currency')
    const definition: VersionedSchema = {
      schema,
      version: 3,
      upcasters: {
        1: (data) => data,
        2: () => {
          throw cause
        },
      },
    }
    expect(() => upcast(stored({}), definition)).toThrow(
      expect.objectContaining({
        message: 'the upcaster from version 2 failed: no such currency',
        cause,
      }),
    )
  })

  test('an event of a newer version says that the code is old', () => {
    expect(() => upcast(stored({}, 3), { schema, version: 2 })).toThrow(
      'it has schema version 3, the definition has 2: a newer version of this application wrote it; ' +
        'update this one',
    )
    expect(() => upcast(stored({}, 2), { schema })).toThrow('the definition has 1')
  })

  test.each([0, -1, 1.5, '2', true, {}])('the version %j is none', (version) => {
    const definition: VersionedSchema = { schema, version: 2, upcasters: { 1: () => ({}) } }
    expect(() => upcast(stored({}, version), definition)).toThrow(
      `its metadata has the schemaVersion ${JSON.stringify(version)}, which is none`,
    )
  })
})
