import { expect, test } from 'vitest'
import { Recent } from './recent.ts'

test('what was put in last is kept, a thousand of it', () => {
  const recent = new Recent<number>()
  for (let number = 0; number < 1000; number += 1) recent.set(String(number), number)
  recent.set('0', -1)
  recent.set('1000', 1000)
  expect([recent.get('0'), recent.get('1'), recent.get('2'), recent.get('1000')]).toEqual([
    -1,
    undefined,
    2,
    1000,
  ])
  recent.delete('2')
  expect(recent.get('2')).toBe(undefined)
})

test('a large one takes the place of what was there, and is not kept', () => {
  const recent = new Recent<unknown>()
  const small = { text: 'x'.repeat(9_000), list: Array.from({ length: 1_000 }, (_, n) => n) }
  for (const large of [
    'x'.repeat(20_001),
    { text: 'x'.repeat(20_001) },
    { ['x'.repeat(20_001)]: 1 },
    Array.from({ length: 3_000 }, () => ({})),
  ]) {
    recent.set('a', small)
    expect(recent.get('a')).toBe(small)
    recent.set('a', large)
    expect(recent.get('a')).toBe(undefined)
  }
})
