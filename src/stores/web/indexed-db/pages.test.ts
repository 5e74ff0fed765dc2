import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonCodec } from '../../../store/json.ts'
import type { Streams } from '../../../store/stream.ts'
import { MemoryEventStore } from '../../memory/index.ts'
import { opened } from './databases.fixture.ts'

const cart = fc.constantFrom('a', 'b', 'rare')
const tenant = fc.constantFrom('t', 'u')
const aggregate = fc.record({ type: fc.constant('cart'), id: fc.constantFrom('x', 'y', 'z') })
const type = fc.constantFrom('A', 'B', 'C')
const event = fc.record(
  {
    type,
    data: fc.record({ cartId: cart, tenantId: tenant }, { requiredKeys: [] }),
    aggregate,
  },
  { requiredKeys: ['type', 'data'] },
)
/** Some hundred events, in commits of which some share rows. */
const logs = fc.array(
  fc.tuple(fc.array(event, { minLength: 1, maxLength: 7 }), fc.constantFrom(1, 1, 1, 40, 150)),
  { minLength: 1, maxLength: 8 },
)
const stream = fc.oneof(
  fc.record({ filter: fc.record({ cartId: cart }) }),
  fc.record({ filter: fc.record({ cartId: cart, tenantId: tenant }) }),
  fc.record({ types: fc.array(type, { maxLength: 3 }), filter: fc.record({ tenantId: tenant }) }),
  fc.record({ types: fc.uniqueArray(type, { minLength: 1 }) }),
  // Few of those that are filed together match.
  {
    weight: 6,
    arbitrary: fc.record({ filter: fc.record({ tenantId: tenant, note: fc.nat(10) }) }),
  },
  fc.record({ aggregate, filter: fc.record({ tenantId: tenant }) }),
  fc.record({ filter: fc.record({ note: fc.nat(10) }) }),
)
const streams: fc.Arbitrary<Streams> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Streams>('all') },
  { weight: 9, arbitrary: fc.array(stream, { minLength: 1, maxLength: 3 }) },
)
const reads = fc.array(
  fc.record({
    streams,
    after: fc.nat(1500),
    backwards: fc.boolean(),
    limit: fc.oneof({ weight: 4, arbitrary: fc.nat(12) }, fc.nat(700), fc.constant(undefined)),
  }),
  { maxLength: 15 },
)
const version = fc.option(fc.nat(120), { nil: undefined })
const loads = fc.array(
  fc.record({
    streams: fc.array(fc.record({ aggregate }), { minLength: 1, maxLength: 2 }),
    after: fc.nat(1500),
    fromVersion: version,
    toVersion: version,
  }),
  { maxLength: 5 },
)

test('pages of any streams, versions and directions hold what memory has', async () => {
  const same = fc.asyncProperty(logs, reads, loads, async (commits, wanted, versioned) => {
    const memory = new MemoryEventStore()
    await using store = opened({ codec: jsonCodec })
    let count = 0
    const ids: string[] = []
    for (const [events, times] of commits) {
      const many = Array.from({ length: times }, () => events).flat()
      const named = many.map((each) => ({
        ...each,
        id: `evt_${(count += 1)}`,
        data: { ...each.data, note: count % 11 },
      }))
      ids.push(...named.map(({ id }) => id))
      await memory.commit({ events: named })
      await store.commit({ events: named })
    }
    const placeOf = (after: number) => {
      const at = after % (count + 1)
      return at === 0
        ? undefined
        : at % 2
          ? `${at}~${ids[at - 1]}`
          : { eventId: ids[at - 1] as string }
    }
    const positions = (events: readonly { position: number }[]) =>
      events.map(({ position }) => position)
    for (const { after, ...read } of wanted) {
      const options = { ...read, after: placeOf(after) }
      const [expected, found] = await Promise.all(
        [memory, store].map((each) => Array.fromAsync(each.read(read.streams, options))),
      )
      expect(positions(found ?? [])).toEqual(positions(expected ?? []))
    }
    for (const { after, ...load } of versioned) {
      const options = { ...load, after: placeOf(after) }
      const [expected, found] = await Promise.all(
        [memory, store].map((each) => each.load(load.streams, options)),
      )
      const plain = (events: readonly object[] = []) =>
        events.map((each) => ({ ...each, timestamp: '' }))
      expect(plain(found?.events)).toEqual(plain(expected?.events))
    }
  })
  await expect(fc.assert(same, { numRuns: 50, endOnFailure: true })).resolves.toBeUndefined()
})
