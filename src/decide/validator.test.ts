import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventClient } from '../client/client.ts'
import {
  faulty,
  shopClient,
  type shop,
  stores,
  type Fault,
  type ShopClient,
  type TestLog,
} from '../client/stores.fixture.ts'
import { MultiStreamValidator, SingleStreamValidator } from './validator.ts'

type Shop = typeof shop

/** At most three pieces in a cart. */
class AddItem extends SingleStreamValidator<Shop> {
  /** What happens while it is judged. */
  meanwhile: () => unknown = () => {}

  constructor(client: EventClient<Shop>, cartId = 'cart_1') {
    super(client, ['ITEM_ADDED'], { cartId })
  }
  pieces(): Promise<number> {
    return this.reduceEvents(
      (sum, event) => (event.type === 'ITEM_ADDED' ? sum + event.data.quantity : sum),
      0,
    )
  }
  storedPieces(): Promise<number> {
    return this.reduceOnlyDbEvents((sum) => sum + 1, 0)
  }
  async isValid(): Promise<boolean> {
    await this.meanwhile()
    return (await this.pieces()) <= 3
  }
}

/** Says yes without a look at anything. */
class CheckOut extends MultiStreamValidator<Shop> {
  constructor(client: EventClient<Shop>) {
    super(client, [
      { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter: { cartId: 'cart_1' } },
      { types: ['ITEM_ADDED'], filter: { cartId: 'cart_1', quantity: { gte: 1 } } },
    ])
  }
  isValid(): Promise<boolean> {
    return Promise.resolve(true)
  }
}

const created = { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } } as const
const checkedOut = { type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } } as const
const item = (productId: string, quantity?: number) =>
  ({
    type: 'ITEM_ADDED',
    data: { cartId: 'cart_1', productId, ...(quantity !== undefined && { quantity }) },
  }) as const

describe.each(stores)('a validator on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeEach(async () => {
    log = await open()
    client = shopClient(log.store)
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const stored = async () => log.everything()
  const invalid = { code: 'REJECTED', message: 'Validation failed' }
  const conflict = { code: 'CONFLICT', conflict: { reason: 'condition' } }

  describe('saving', () => {
    test('writes what was applied, in order, and answers it', async () => {
      const saved = await new AddItem(client)
        .apply(item('a'))
        .apply([item('b'), item('c')])
        .save()
      expect(saved.map(({ data }) => data)).toMatchObject([
        { productId: 'a', quantity: 1 },
        { productId: 'b' },
        { productId: 'c' },
      ])
      expect(await stored()).toEqual(saved)
    })

    test('with nothing applied does nothing', async () => {
      const validator = new AddItem(client)
      validator.meanwhile = () => expect.unreachable()
      expect(await validator.save()).toEqual([])
      expect(await validator.apply([]).save()).toEqual([])
      expect(await stored()).toEqual([])
    })

    test('is refused where it is not valid, and nothing is written', async () => {
      const validator = new AddItem(client).apply(item('a', 4))
      await expect(validator.save()).rejects.toMatchObject(invalid)
      await expect(validator.save()).rejects.toMatchObject(invalid)
      expect(await stored()).toEqual([])
    })

    test('throws what isValid throws', async () => {
      const validator = new AddItem(client).apply(item('a'))
      validator.meanwhile = () => {
        throw new RangeError('Item is not present in list')
      }
      await expect(validator.save()).rejects.toThrow(RangeError)
      expect(await stored()).toEqual([])
    })

    test.each([
      ['data that its schema refuses', item('a', 0)],
      ['an unknown type', { type: 'ITEM_LOST', data: {} }],
    ])('is refused with %s, before anything is written', async (_, event) => {
      const validator = new AddItem(client).apply([item('b'), event as never])
      await expect(validator.getEvents()).rejects.toMatchObject({ code: 'INVALID_EVENT' })
      await expect(validator.save()).rejects.toMatchObject({ code: 'INVALID_EVENT' })
      await expect(new CheckOut(client).apply(event as never).save()).rejects.toMatchObject({
        code: 'INVALID_EVENT',
      })
      expect(await stored()).toEqual([])
    })

    test('a second time writes nothing', async () => {
      const validator = new AddItem(client).apply(item('a'))
      const saved = await validator.save()
      expect(saved).toHaveLength(1)
      expect(await validator.save()).toEqual([])
      expect(await stored()).toEqual(saved)
    })

    test('a second time at once writes nothing either', async () => {
      // The applied type is outside its streams, so that no condition could catch a second write.
      const validator = new AddItem(client).apply(checkedOut)
      const answers = await Promise.all([validator.save(), validator.save(), validator.save()])
      expect(answers.map((saved) => saved.length)).toEqual([1, 0, 0])
      expect(await stored()).toHaveLength(1)
    })

    test('afterwards the saved events are stored ones, and more may follow', async () => {
      const validator = new AddItem(client).apply(item('a'))
      await validator.save()
      expect(await validator.storedPieces()).toBe(1)
      await validator.apply(item('b')).save()
      expect(await validator.storedPieces()).toBe(2)
      expect(await stored()).toHaveLength(2)
    })

    test('what is applied meanwhile is neither judged nor written, and waits for the next', async () => {
      const validator = new AddItem(client).apply(item('a', 2))
      validator.meanwhile = () => {
        validator.meanwhile = () => {}
        validator.apply(item('b', 9))
      }
      const saved = await validator.save()
      expect(saved).toHaveLength(1)
      expect(await validator.pieces()).toBe(11)
      await expect(validator.save()).rejects.toMatchObject(invalid)
      expect(await stored()).toEqual(saved)
    })

    test('one that fails does not lose what was applied meanwhile', async () => {
      const validator = new AddItem(client).apply(item('a', 9))
      const failing = validator.save()
      validator.apply(checkedOut)
      await expect(failing).rejects.toMatchObject(invalid)
      expect((await validator.getEvents()).map(({ type }) => type)).toEqual([
        'ITEM_ADDED',
        'CART_CHECKED_OUT',
      ])
    })
  })

  describe('its condition', () => {
    test('guards the very streams that were read', async () => {
      const validator = new AddItem(client).apply(item('a'))
      await validator.pieces()
      await client.saveEvents([created, checkedOut, { ...item('b'), id: 'other' }])
      await expect(validator.save()).rejects.toMatchObject({
        ...conflict,
        conflict: { event: { id: 'other' } },
      })
      expect(await stored()).toHaveLength(3)
    })

    test('does not see what happened elsewhere', async () => {
      const validator = new AddItem(client).apply(item('a'))
      await validator.pieces()
      const elsewhere = { ...item('b').data, cartId: 'cart_2' }
      await client.saveEvents([created, { type: 'ITEM_ADDED', data: elsewhere }])
      expect(await validator.save()).toHaveLength(1)
    })

    test('holds also where nothing was read', async () => {
      await client.saveEvents([created, item('a')])
      const validator = new CheckOut(client).apply(checkedOut)
      expect(await validator.save()).toHaveLength(1)

      const late = new CheckOut(client).apply(checkedOut)
      await late.refresh()
      await client.saveEvent(item('b'))
      await expect(late.save()).rejects.toMatchObject(conflict)
      expect(await stored()).toHaveLength(4)
    })

    test('lets one of many racers pass at a time: no rule is broken', async () => {
      const racers = Array.from({ length: 12 }, async () => {
        const validator = new AddItem(shopClient(log.reopen())).apply(item('a'))
        return validator.save().then(
          () => 'SAVED',
          (error: { code: string }) => error.code,
        )
      })
      const answers = await Promise.all(racers)
      expect(answers.every((answer) => /SAVED|CONFLICT|REJECTED/.test(answer))).toBe(true)
      const { length } = await stored()
      expect(length).toBe(answers.filter((answer) => answer === 'SAVED').length)
      expect([1, 2, 3]).toContain(length)
    })

    test('after a conflict it is refreshed and saved again', async () => {
      const validator = new AddItem(client).apply(item('a'))
      await validator.pieces()
      await client.saveEvent(item('b'))
      await expect(validator.save()).rejects.toMatchObject(conflict)
      expect(await validator.pieces()).toBe(1)
      await validator.refresh()
      expect(await validator.pieces()).toBe(2)
      expect(await validator.save()).toHaveLength(1)
      expect(await stored()).toHaveLength(2)

      const full = new AddItem(client).apply(item('c', 1))
      await full.pieces()
      await client.saveEvent(item('d'))
      await expect(full.save()).rejects.toMatchObject(conflict)
      await full.refresh()
      await expect(full.save()).rejects.toMatchObject(invalid)
    })
  })

  describe('its events', () => {
    test('are the stored ones, then the staged ones as they would be stored', async () => {
      const [first] = await client.saveEvents([item('a', 2)])
      const validator = new AddItem(client).apply(item('b'))
      const events = await validator.getEvents()
      expect(events).toMatchObject([first, { data: { productId: 'b', quantity: 1 } }])
      expect(events[1]).toMatchObject({ metadata: {}, position: Infinity })
      expect(await validator.pieces()).toBe(3)
      expect(await validator.storedPieces()).toBe(1)
      expect(await validator.getEvents()).toEqual(events)
    })

    test('are read once, until it is refreshed; staged ones stay', async () => {
      const validator = new AddItem(client).apply(item('a'))
      await validator.pieces()
      await client.saveEvent(item('b'))
      expect(await validator.pieces()).toBe(1)
      await validator.refresh()
      expect((await validator.getEvents()).map(({ data }) => data)).toMatchObject([
        { productId: 'b' },
        { productId: 'a' },
      ])
    })

    test('a read that failed is tried again', async () => {
      let failing = true
      const store = {
        ...log.store,
        load: (...args: Parameters<typeof log.store.load>) =>
          failing ? Promise.reject(new RangeError('out of order')) : log.store.load(...args),
      }
      const validator = new AddItem(shopClient(store))
      await expect(validator.refresh()).rejects.toThrow(RangeError)
      await expect(validator.getEvents()).rejects.toThrow(RangeError)
      failing = false
      expect(await validator.getEvents()).toEqual([])
    })

    test('a refresh that overtakes a failing read is not lost', async () => {
      const calls: { fail: () => void }[] = []
      const store = {
        ...log.store,
        load: async (...args: Parameters<typeof log.store.load>) => {
          if (calls.length > 0) return log.store.load(...args)
          return new Promise<never>((_, reject) => {
            calls.push({ fail: () => reject(new RangeError('out of order')) })
          })
        },
      }
      const validator = new AddItem(shopClient(store))
      const failing = validator.getEvents()
      await validator.refresh()
      const read = (await validator.getEvents()).length
      calls[0]!.fail()
      await expect(failing).rejects.toThrow(RangeError)
      await client.saveEvent(item('a'))
      expect(await validator.getEvents()).toHaveLength(read)
    })
  })

  describe('after a lost answer', () => {
    test.each<{ faults: readonly Fault[] }>([
      { faults: ['lost after'] },
      { faults: ['lost before', 'lost after'] },
    ])('($faults) it is written once', async ({ faults }) => {
      const validator = new AddItem(shopClient(faulty(log.store, faults))).apply(item('a'))
      expect(await stored()).toEqual([])
      expect(await validator.save()).toEqual(await stored())
      expect(await validator.save()).toEqual([])
      expect(await stored()).toHaveLength(1)
    })

    test('saving may be tried again, also after a refresh', async () => {
      for (const refreshed of [false, true]) {
        const lost = Array<Fault>(4).fill('lost after')
        const validator = new AddItem(shopClient(faulty(log.store, lost)), 'cart_1')
        const before = (await stored()).length
        validator.apply(item('a', 1))
        await expect(validator.save()).rejects.toMatchObject({ code: 'STORE', outcome: 'unknown' })
        if (refreshed) await validator.refresh()
        // Its own event is there already, and counts once.
        expect(await validator.pieces()).toBe(before + 1)
        expect(await validator.save()).toHaveLength(1)
        expect(await stored()).toHaveLength(before + 1)
      }
    })
  })

  describe('with an idempotency key', () => {
    test('another instance gets the first answer, whatever would be valid now', async () => {
      const key = { idempotencyKey: 'cmd_1' }
      const first = await new AddItem(client).apply(item('a', 3)).save(key)
      const again = new AddItem(shopClient(log.reopen())).apply(item('a', 3))
      expect(await again.save(key)).toEqual(first)
      expect(await stored()).toEqual(first)
      await expect(new AddItem(client).apply(item('a', 3)).save()).rejects.toMatchObject(invalid)
    })

    test('other events with the same key are refused', async () => {
      const key = { idempotencyKey: 'cmd_1' }
      await new AddItem(client).apply(item('a', 1)).save(key)
      await expect(new AddItem(client).apply(item('b', 1)).save(key)).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      })
      expect(await stored()).toHaveLength(1)
    })
  })

  test('an aborted signal writes nothing, and the events stay staged', async () => {
    const validator = new AddItem(client).apply(item('a'))
    await expect(validator.save({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(await stored()).toEqual([])
    expect(await validator.save()).toHaveLength(1)
  })

  test('a stream that names nothing is refused', async () => {
    class Nothing extends MultiStreamValidator<Shop> {
      isValid(): Promise<boolean> {
        return Promise.resolve(true)
      }
    }
    await expect(new Nothing(client, []).apply(created).save()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(new Nothing(client, [{}]).getEvents()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})
