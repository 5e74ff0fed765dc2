import { assert, integer, pre, property } from 'fast-check'
import { expect, test } from 'vitest'
import { createEventId } from '../../event/id.ts'
import { atOf, createClock, isAt, isGiven, positionOf } from './clock.ts'

const positions = integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

test('a place is a ULID that gives its position back', () => {
  assert(
    property(positions, (position) => {
      const at = atOf(position)
      expect(isAt(at)).toBe(true)
      expect(positionOf(at)).toBe(position)
      expect(atOf(position)).not.toBe(at)
    }),
  )
})

test('places order as text like their positions', () => {
  assert(
    property(positions, positions, (left, right) => {
      pre(left !== right)
      expect(atOf(left) < atOf(right)).toBe(left < right)
    }),
  )
})

test('a place has the time of a ULID', () => {
  const [at = ''] = createClock().take(1)
  // But for the last second.
  expect(at.slice(0, 8)).toBe(createEventId().slice(0, 8))
})

test('places only grow: at once, when the clock goes back, and after one that was seen', () => {
  let now = Date.UTC(2026, 0)
  const clock = createClock(() => now)
  const given = [...clock.take(5000), ...clock.take(2)]
  now -= 3_600_000
  given.push(...clock.take(1))
  const ahead = atOf(positionOf(given.at(-1)!) + 1e9)
  clock.see(ahead, 'KEY#k')
  clock.see(given[0]!, 'KEY#k')
  given.push(ahead, ...clock.take(2))
  now += 1e9
  given.push(...clock.take(1))
  expect(given).toEqual(given.toSorted())
  expect(new Set(given.map(positionOf)).size).toBe(given.length)
})

test('an id that a store gave is known from the ids of others', () => {
  const given = createClock().take(1000)
  expect(given.every(isGiven)).toBe(true)
  const others = Array.from({ length: 10_000 }, () => createEventId())
  expect(others.filter(isGiven).length).toBeLessThan(100)
})

test('a clock beyond what positions can say gives no place, and takes none over', () => {
  let now = Date.UTC(2126, 0)
  const clock = createClock(() => now)
  const refused = { code: 'STORE', outcome: 'none' }
  const taking = (): unknown => clock.take(1)
  expect(taking).toThrow(expect.objectContaining(refused))
  expect(taking).toThrow('the clock of this machine says 2126-01-01')
  now = Date.UTC(2026, 0)
  const late = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ'
  const seeing = (): void => clock.see(late, 'KEY#cart_id=s:7')
  expect(seeing).toThrow(expect.objectContaining(refused))
  expect(seeing).toThrow(`${late} in the head of KEY#cart_id=s:7`)
  expect(clock.take(1)[0]! < atOf((Date.UTC(2027, 0) - Date.UTC(2020)) * 4096)).toBe(true)
  const last = atOf(Number.MAX_SAFE_INTEGER)
  clock.see(last, 'KEY#cart_id=s:7')
  expect(taking).toThrow(`the latest place it met is ${last.slice(0, 13)}`)
})
