import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  foreignCursor,
  headOf,
  shopClient,
  stores,
  type ShopClient,
  type TestLog,
} from './stores.fixture.ts'

const name = { type: 'cart', id: 'cart_1' }
const carts = [{ filter: { cartId: ['cart_1', 'cart_2'] } }]

describe.each(stores)('saved projections on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  let old: string
  let cursor: string
  beforeEach(async () => {
    log = await open()
    client = shopClient(log.store)
    await client.saveEvent({ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } })
    old = await headOf(log, carts)
    await client.saveEvent({ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_2' } })
    cursor = await headOf(log, carts)
  })
  afterEach(() => log[Symbol.asyncDispose]())

  test('saving creates, updates and never goes back', async () => {
    const saved = { ...name, status: 'created', revision: 1 }
    expect(await client.getProjection(name)).toBeUndefined()
    expect(await client.saveProjection({ ...name, data: { items: 1 }, cursor: old })).toEqual(saved)
    expect(await client.saveProjection({ ...name, data: { items: 2 }, cursor })).toMatchObject({
      status: 'updated',
      revision: 2,
    })
    expect(await client.saveProjection({ ...name, data: { items: 1 }, cursor: old })).toMatchObject(
      { status: 'skipped', revision: 2 },
    )
    expect(await client.getProjection<{ items: number }>(name)).toMatchObject({
      ...name,
      data: { items: 2 },
      cursor,
      revision: 2,
    })
  })

  test('saving again what is as new is an update: how it is folded may have changed', async () => {
    await client.saveProjection({ ...name, data: { items: 1 }, cursor })
    expect(await client.saveProjection({ ...name, data: { total: 9 }, cursor })).toMatchObject({
      status: 'updated',
    })
    expect(await client.getProjection(name)).toMatchObject({ data: { total: 9 } })
  })

  test('a forced update replaces the data and keeps the cursor', async () => {
    await client.saveProjection({ ...name, data: { items: 1 }, cursor })
    const forced = { ...name, data: { items: 7 }, cursor: old }
    expect(await client.forceUpdateProjection(forced)).toMatchObject({ status: 'updated' })
    expect(await client.getProjection(name)).toMatchObject({ data: { items: 7 }, cursor })
  })

  test('a conditional update replaces an older one', async () => {
    await client.saveProjection({ ...name, data: { items: 1 }, cursor: old })
    expect(
      await client.conditionalUpdateProjection({ ...name, data: { items: 2 }, cursor }),
    ).toMatchObject({ status: 'updated', revision: 2 })
  })

  test.each([
    [
      'a forced update',
      (id: string) => client.forceUpdateProjection({ type: 'cart', id, data: 0 }),
    ],
    [
      'a conditional update',
      (id: string) => client.conditionalUpdateProjection({ type: 'cart', id, data: 0, cursor }),
    ],
  ])('%s of what is not there is refused', async (_, update) => {
    await expect(update('nobody')).rejects.toMatchObject({
      code: 'CONFLICT',
      conflict: { reason: 'document', document: { type: 'cart', id: 'nobody' } },
    })
    expect(await client.getProjection({ type: 'cart', id: 'nobody' })).toBeUndefined()
  })

  test('a conditional update that is not newer is refused', async () => {
    await client.saveProjection({ ...name, data: { items: 2 }, cursor })
    for (const notNewer of [cursor, old]) {
      await expect(
        client.conditionalUpdateProjection({ ...name, data: { items: 1 }, cursor: notNewer }),
      ).rejects.toMatchObject({ code: 'CONFLICT', conflict: { reason: 'document' } })
    }
    expect(await client.getProjection(name)).toMatchObject({ data: { items: 2 }, revision: 1 })
  })

  test('a cursor of another log is refused', async () => {
    const foreign = { ...name, data: 0, cursor: await foreignCursor(log, carts) }
    await expect(client.saveProjection(foreign)).rejects.toMatchObject({
      conflict: { reason: 'rewound' },
    })
    await expect(client.saveProjection({ ...foreign, cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('a query takes a type, filters, an order, a limit and a cursor', async () => {
    const saved = [
      { id: 'a', data: { items: 5, open: true, owner: 'x', tags: ['new', 'big'] } },
      { id: 'b', data: { items: 10, open: false, owner: 'y' } },
      { id: 'c', data: { items: 15, open: true, owner: 'x' } },
      { id: 'd', data: { open: true } },
    ]
    for (const cart of saved) await client.saveProjection({ type: 'cart', ...cart, cursor })
    await client.saveProjection({ type: 'user', id: 'x', data: { items: 5 }, cursor })

    const found = async (query: Partial<Parameters<typeof client.queryProjections>[0]>) => {
      const { documents } = await client.queryProjections({ type: 'cart', ...query })
      return documents.map(({ id }) => id).join('')
    }
    expect(await found({})).toBe('abcd')
    expect(await found({ type: 'user' })).toBe('x')
    expect(await found({ type: 'nobody' })).toBe('')
    expect(await found({ filter: { owner: 'x' } })).toBe('ac')
    expect(await found({ filter: { owner: 'x', items: { gt: 5 } } })).toBe('c')
    expect(await found({ filter: { owner: { neq: 'x' } } })).toBe('bd')
    expect(await found({ filter: { items: [5, 15] } })).toBe('ac')
    expect(await found({ filter: { items: { in: [10] } } })).toBe('b')
    expect(await found({ filter: { items: { nin: [10] } } })).toBe('acd')
    expect(await found({ filter: { items: { gte: 10 } } })).toBe('bc')
    expect(await found({ filter: { items: { lt: 10 } } })).toBe('a')
    expect(await found({ filter: { items: { lte: 10 } } })).toBe('ab')
    expect(await found({ filter: { open: false } })).toBe('b')
    expect(await found({ filter: { tags: ['new', 'big'] } })).toBe('a')
    expect(await found({ filter: { items: { in: [] } } })).toBe('')
    expect(await found({ order: { by: 'items', direction: 'desc' } })).toBe('cbad')
    expect(await found({ order: { by: 'items' }, limit: 2 })).toBe('ab')

    const query = { type: 'cart', order: { by: 'owner' }, limit: 2 } as const
    const first = await client.queryProjections<{ owner: string }>(query)
    expect(first.documents.map(({ data }) => data.owner)).toEqual(['x', 'x'])
    const second = await client.queryProjections({ ...query, after: first.cursor })
    expect(second.documents.map(({ id }) => id)).toEqual(['b', 'd'])
    expect(second.cursor).toBeUndefined()
  })

  test.each([
    ['an unknown operator', { type: 'cart', filter: { items: { like: 5 } } }],
    ['no type', {}],
    ['a cursor that is none', { type: 'cart', after: 'page 2' }],
  ])('a query with %s is refused', async (_, query) => {
    await expect(client.queryProjections(query as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('an aborted signal saves nothing', async () => {
    const signal = AbortSignal.abort()
    await expect(client.saveProjection({ ...name, data: 1, cursor, signal })).rejects.toMatchObject(
      { code: 'ABORTED', outcome: 'none' },
    )
    expect(await client.getProjection(name)).toBeUndefined()
  })
})
