import { expect, test } from 'vitest'
import { show } from './show.ts'

const cycle: { self?: unknown } = {}
cycle.self = cycle

test.each([
  ['a "text"', String.raw`"a \"text\""`],
  ['', '""'],
  [7, '7'],
  [-0, '0'],
  [NaN, 'NaN'],
  [true, 'true'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Symbol('s'), 'Symbol(s)'],
  [() => 1, 'an instance of Function'],
  [{ a: [1, 'b'] }, '{"a":[1,"b"]}'],
  [new Date(0), 'an instance of Date'],
  [new Map([[1, 2]]), 'an instance of Map'],
  [cycle, 'an object that is no JSON'],
  [{ toJSON: () => undefined }, 'undefined'],
])('%o is shown as it is meant', (value, shown) => {
  expect(show(value)).toBe(shown)
})

test('a character that cannot be seen is written out', () => {
  expect(show('a\0')).toBe(String.raw`"a\u0000"`)
})

test('a bigint is shown as one', () => {
  expect(show(12n)).toBe('12n')
  expect(show({ a: 12n })).toBe('an object that is no JSON')
})

test('what is long is cut', () => {
  expect(show('x'.repeat(119))).toHaveLength(121)
  expect(show('x'.repeat(500))).toBe(`"${'x'.repeat(119)}…`)
  expect(show(Array.from({ length: 500 }, () => 1))).toMatch(/^\[1,1,.*…$/u)
})
