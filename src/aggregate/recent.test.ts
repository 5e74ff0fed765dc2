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
  recent.set('2', undefined)
  expect(recent.get('2')).toBe(undefined)
})
