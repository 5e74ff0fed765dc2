import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareStrings, compareValues, isScalar } from './compare.ts'

/** Code point by code point, the long way. */
function reference(left: string, right: string): number {
  const [a, b] = [left, right].map((each) => Array.from(each, (char) => char.codePointAt(0) ?? 0))
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const difference = (a?.[index] ?? -1) - (b?.[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

/** Characters around the seams: ASCII, the last before the surrogates, the first after, the astral ones. */
const seam = fc.constantFrom(
  'a',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '😀',
  '\u{10ffff}',
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: seam, maxLength: 6 }),
  fc.string({ unit: 'grapheme' }),
)

describe('strings', () => {
  test('order by code point', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareStrings(left, right))).toBe(Math.sign(reference(left, right)))
      }),
      { numRuns: 2000 },
    )
  })

  test('also where UTF-16 units say otherwise', () => {
    const sorted = ['a', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '😀', '\u{10ffff}']
    expect(sorted.toReversed().toSorted(compareStrings)).toEqual(sorted)
    expect(sorted.toReversed().toSorted()).not.toEqual(sorted)
  })

  test('the beginning of a text comes before the text', () => {
    expect(compareStrings('ab', 'abc')).toBeLessThan(0)
    expect(compareStrings('', 'a')).toBeLessThan(0)
    expect(compareStrings('abc', 'abc')).toBe(0)
  })
})

describe('values', () => {
  test('order by kind, then by themselves', () => {
    const sorted = [false, true, -Infinity, -1, 0, 1.5, 2, 10, '', '10', '2', 'a', '😀']
    expect(sorted.toReversed().toSorted(compareValues)).toEqual(sorted)
    expect(sorted.every(isScalar)).toBe(true)
  })

  test('of other kinds are equal to each other and come last', () => {
    const others = [null, undefined, {}, [], [1]]
    for (const left of others) {
      expect(isScalar(left)).toBe(false)
      expect(compareValues(left, 'z')).toBeGreaterThan(0)
      expect(compareValues(false, left)).toBeLessThan(0)
      for (const right of others) expect(compareValues(left, right)).toBe(0)
    }
  })

  test('have one order: no value is before one that is before it', () => {
    const value = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean())
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0)
        fc.pre(compareValues(a, b) <= 0 && compareValues(b, c) <= 0)
        expect(compareValues(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })
})
