import { array, assert, asyncProperty, boolean, integer, nat, tuple, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { atOf } from './clock.ts'
import type { EventItem } from './items.ts'
import { mergePages } from './merge.ts'

const places = Array.from({ length: 40 }, (_, index) => atOf(index + 1))

function item(place: number): EventItem {
  const at = places[place] as string
  return {
    pk: 'a',
    sk: at,
    itemType: 'copy',
    id: `event ${place}`,
    type: 'A',
    data: '{}',
    at,
    timestamp: '',
  }
}

/** Pages of these places, some of which come later than others. */
function source(pages: readonly (readonly number[])[]): {
  next: () => Promise<EventItem[] | undefined>
  asked: () => number
} {
  let asked = 0
  return {
    asked: () => asked,
    next: async () => {
      asked += 1
      for (let turns = asked % 3; turns > 0; turns -= 1) await Promise.resolve()
      return pages[asked - 1]?.map(item)
    },
  }
}

const partition = tuple(uniqueArray(nat(39)), integer({ min: 1, max: 7 })).map(([found, size]) => ({
  found: found.toSorted((a, b) => a - b),
  size,
}))

test('every event comes once, in order, whatever pages it is on', async () => {
  await assert(
    asyncProperty(array(partition, { maxLength: 5 }), boolean(), async (all, backwards) => {
      const sources = all.map(({ found, size }) => {
        const order = backwards ? found.toReversed() : found
        return source(
          order.flatMap((_, index) => (index % size ? [] : [order.slice(index, index + size)])),
        )
      })
      const merged = (await Array.fromAsync(mergePages(sources, backwards))).flat()
      const expected = [...new Set(all.flatMap(({ found }) => found))].sort((a, b) => a - b)
      if (backwards) expected.reverse()
      expect(merged.map(({ at }) => at)).toEqual(expected.map((place) => places[place]))
    }),
  )
})

test('no page is asked for before it is needed', async () => {
  const fast = source([[0, 1], [2], [3], [9]])
  const slow = source([[5, 6, 7], [8]])
  const merged = mergePages([fast, slow])
  const found: [number, number, number][] = []
  for await (const page of merged) found.push([page.length, fast.asked(), slow.asked()])
  expect(found).toEqual([
    [2, 1, 1],
    [1, 2, 1],
    [1, 3, 1],
    [3, 4, 1],
    [1, 4, 2],
    [1, 4, 3],
  ])
})
