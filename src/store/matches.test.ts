import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileFilter, compileStreams, type Matchable } from './matches.ts'
import type { DataFilter, FilterEntry, Stream, Streams } from './stream.ts'
import { events, streams } from './streams.fixture.ts'

const matches = (streamsOrAll: Streams, event: Matchable) => compileStreams(streamsOrAll)(event)
const passes = (entry: FilterEntry, field?: unknown) =>
  compileFilter({ key: entry })(field === undefined ? {} : { key: field })

/** The rules written down once more, as plainly as they are told. */
const reference = {
  event(all: Streams, event: Matchable): boolean {
    return all === 'all' || all.some((stream) => reference.stream(stream, event))
  },
  stream({ types, filter, aggregate }: Stream, event: Matchable): boolean {
    if (types && !types.includes(event.type)) return false
    if (aggregate && aggregate.type !== event.aggregate?.type) return false
    if (aggregate && aggregate.id !== event.aggregate?.id) return false
    return filter === undefined || reference.filter(filter, event.data)
  },
  filter(filter: DataFilter, data: unknown): boolean {
    const isObject = data !== null && typeof data === 'object' && !Array.isArray(data)
    const fields = new Map(isObject ? Object.entries(data) : [])
    return Object.entries(filter).every(([key, entry]) => reference.entry(entry, fields.get(key)))
  },
  entry(entry: FilterEntry, field: unknown): boolean {
    if (Array.isArray(entry)) {
      if (!Array.isArray(field)) return entry.some((value) => value === field)
      return field.length === entry.length && field.every((value, at) => value === entry[at])
    }
    if (typeof entry !== 'object') return field === entry
    return Object.entries(entry).every(([operator, operand]) =>
      reference.operator(operator, operand, field),
    )
  },
  operator(operator: string, operand: unknown, field: unknown): boolean {
    const oneOf = (values: unknown) => (values as unknown[]).some((value) => value === field)
    switch (operator) {
      case 'eq':
        return field === operand
      case 'neq':
        return field !== operand
      case 'in':
        return oneOf(operand)
      case 'nin':
        return !oneOf(operand)
      default:
        return reference.order(operator, operand, field)
    }
  },
  order(operator: string, operand: unknown, field: unknown): boolean {
    if (typeof field !== typeof operand) return false
    const [left, right] = [field, operand].map((value) =>
      typeof value === 'string' ? Array.from(value, (char) => char.codePointAt(0)) : [value],
    ) as [number[], number[]]
    const at = left.findIndex((value, index) => value !== right[index])
    const isEqual = at === -1 && left.length === right.length
    const isLess = at === -1 ? left.length < right.length : (left[at] as number) < (right[at] ?? -1)
    if (isEqual) return operator === 'gte' || operator === 'lte'
    return operator.startsWith('lt') ? isLess : !isLess
  },
}

describe('the judge agrees with the rules as they are told', () => {
  test('on one stream', () => {
    fc.assert(
      fc.property(streams, events, (stream, event) => {
        expect(matches([stream], event)).toBe(reference.stream(stream, event))
      }),
      { numRuns: 5000 },
    )
  })

  test('on several', () => {
    const several = fc.array(streams, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(several, events, (many, event) => {
        expect(matches(many, event)).toBe(reference.event(many, event))
      }),
      { numRuns: 1000 },
    )
  })

  test('and the generated cases do match now and then', () => {
    const cases = fc.sample(fc.tuple(streams, events), { numRuns: 2000, seed: 1 })
    const found = cases.filter(([stream, event]) => reference.stream(stream, event)).length
    expect(found).toBeGreaterThan(200)
    expect(found).toBeLessThan(1800)
  })
})

describe('eq', () => {
  test('holds for the same value of the same type', () => {
    for (const value of ['a', '', 0, 1.5, -1, true, false]) {
      expect(passes({ eq: value }, value)).toBe(true)
      expect(passes(value, value)).toBe(true)
    }
    expect(passes(0, -0)).toBe(true)
  })

  test.each<[FilterEntry, unknown]>([
    [1, '1'],
    ['1', 1],
    [true, 1],
    [1, true],
    [false, 0],
    [0, false],
    ['true', true],
    ['', null],
    [0, null],
    [false, null],
    ['a', ['a']],
    ['a', { a: 'a' }],
    ['null', null],
    ['undefined', undefined],
  ])('%j is not %j', (entry, field) => {
    expect(passes(entry, field)).toBe(false)
    expect(passes({ eq: entry as string }, field)).toBe(false)
    expect(passes({ neq: entry as string }, field)).toBe(true)
  })

  test('that is undefined or null, as a read takes it, matches nothing', () => {
    for (const nothing of [undefined, null]) {
      for (const field of [undefined, null, '', 0, false]) {
        expect(passes(nothing as never, field)).toBe(false)
        expect(passes({ eq: nothing } as never, field)).toBe(false)
      }
    }
  })
})

describe('a field that is missing, or null', () => {
  test.each([undefined, null])('%j: matches neq and nin, and nothing else', (field) => {
    for (const operand of ['a', '', 0, 1, true, false]) {
      expect(passes({ neq: operand }, field)).toBe(true)
      expect(passes({ nin: [operand] }, field)).toBe(true)
      expect(passes({ eq: operand }, field)).toBe(false)
      expect(passes({ in: [operand] }, field)).toBe(false)
    }
    for (const operand of ['', 0, -1, 'a']) {
      for (const operator of ['gt', 'gte', 'lt', 'lte']) {
        expect(passes({ [operator]: operand }, field)).toBe(false)
      }
    }
  })

  test('is not found in the prototype of data', () => {
    for (const key of ['toString', 'constructor', '__proto__', 'length', 'hasOwnProperty']) {
      expect(compileFilter({ [key]: { nin: [] } })({})).toBe(true)
      expect(compileFilter({ [key]: { gte: '' } })({})).toBe(false)
      expect(compileFilter({ [key]: { gte: 0 } })([])).toBe(false)
    }
  })
})

describe('in and nin', () => {
  test('compare with each value, by type', () => {
    expect(passes({ in: ['a', 1, true] }, 1)).toBe(true)
    expect(passes({ in: ['a', 1, true] }, '1')).toBe(false)
    expect(passes({ nin: ['a', 1, true] }, 'true')).toBe(true)
    expect(passes({ nin: ['a', 1, true] }, true)).toBe(false)
  })

  test('of nothing: in matches nothing, nin everything', () => {
    for (const field of [undefined, null, 'a', 0, [], {}]) {
      expect(passes({ in: [] }, field)).toBe(false)
      expect(passes({ nin: [] }, field)).toBe(true)
    }
  })
})

describe('gt, gte, lt and lte', () => {
  test('compare numbers with numbers', () => {
    const last = Number.MAX_SAFE_INTEGER
    expect([0, 1, 1.5, 2, last].filter((field) => passes({ gt: 1 }, field))).toEqual([1.5, 2, last])
    expect([0, 1, 1.5].filter((field) => passes({ gte: 1 }, field))).toEqual([1, 1.5])
    expect([-1, 0, 1].filter((field) => passes({ lt: 0 }, field))).toEqual([-1])
    expect([-1, 0, 1].filter((field) => passes({ lte: 0 }, field))).toEqual([-1, 0])
    expect(passes({ gt: last - 1 }, last)).toBe(true)
    expect(passes({ gt: Number.MIN_VALUE }, 0)).toBe(false)
    expect(passes({ gt: -Number.MAX_VALUE }, Number.MAX_VALUE)).toBe(true)
  })

  test('compare strings by code point', () => {
    const fields = ['', 'A', 'a', 'b', '\uffff', '😀']
    expect(fields.filter((field) => passes({ gt: 'a' }, field))).toEqual(['b', '\uffff', '😀'])
    expect(fields.filter((field) => passes({ lte: 'a' }, field))).toEqual(['', 'A', 'a'])
    expect(passes({ gt: '\uffff' }, '😀')).toBe(true)
    expect(passes({ lt: '10' }, '9')).toBe(false)
  })

  test('never compare across types', () => {
    for (const field of ['1', true, null, [1], { a: 1 }]) {
      for (const operator of ['gt', 'gte', 'lt', 'lte']) {
        for (const operand of [-1, 0, 1, 100]) {
          expect(passes({ [operator]: operand }, field)).toBe(false)
        }
      }
    }
    expect(passes({ gte: '' }, 1)).toBe(false)
  })

  test('together make a range', () => {
    const fields = [0, 1, 2, 3]
    expect(fields.filter((field) => passes({ gte: 1, lt: 3 }, field))).toEqual([1, 2])
    expect(fields.filter((field) => passes({ gte: 1, lt: 3, neq: 2 }, field))).toEqual([1])
  })
})

describe('a list', () => {
  test('matches a field that is one of its values', () => {
    expect(passes(['a', 1], 'a')).toBe(true)
    expect(passes(['a', 1], 1)).toBe(true)
    expect(passes(['a', 1], '1')).toBe(false)
  })

  test('matches a list that is equal to it, in its order', () => {
    expect(passes(['a', 1], ['a', 1])).toBe(true)
    expect(passes(['a', 1], [1, 'a'])).toBe(false)
    expect(passes(['a', 1], ['a'])).toBe(false)
    expect(passes(['a'], ['a', 1])).toBe(false)
    expect(passes(['a'], [['a']])).toBe(false)
    expect(passes([1], ['1'])).toBe(false)
  })

  test('of nothing matches the empty list alone', () => {
    expect(passes([], [])).toBe(true)
    for (const field of [undefined, null, '', 0, false, {}, ['a']]) {
      expect(passes([], field)).toBe(false)
    }
  })

  test('within in is not one of the values', () => {
    expect(passes({ in: ['a'] }, ['a'])).toBe(false)
  })
})

describe('streams', () => {
  const event: Matchable = {
    type: 'ITEM_ADDED',
    data: { cartId: 'cart_1', quantity: 2 },
    aggregate: { type: 'cart', id: '1' },
  }

  test('types are OR-ed; entries, types and aggregate are AND-ed; streams are OR-ed', () => {
    expect(matches([{ types: ['X', 'ITEM_ADDED'] }], event)).toBe(true)
    expect(matches([{ types: ['X'], filter: { cartId: 'cart_1' } }], event)).toBe(false)
    expect(matches([{ filter: { cartId: 'cart_1', quantity: 2 } }], event)).toBe(true)
    expect(matches([{ filter: { cartId: 'cart_1', quantity: 3 } }], event)).toBe(false)
    expect(matches([{ types: ['X'] }, { filter: { quantity: 2 } }], event)).toBe(true)
    expect(matches([{ types: ['X'] }, { types: ['Y'] }], event)).toBe(false)
    expect(matches('all', event)).toBe(true)
    expect(matches([], event)).toBe(false)
    expect(matches([{ types: [] }], event)).toBe(false)
  })

  test('an aggregate is matched by type and id', () => {
    expect(matches([{ aggregate: { type: 'cart', id: '1' } }], event)).toBe(true)
    expect(matches([{ aggregate: { type: 'cart', id: '2' } }], event)).toBe(false)
    expect(matches([{ aggregate: { type: 'user', id: '1' } }], event)).toBe(false)
    const { aggregate: _, ...without } = event
    expect(matches([{ aggregate: { type: 'cart', id: '1' } }], without)).toBe(false)
  })

  test.each([null, 'cart_1', 7, [{ cartId: 'cart_1' }], ['cart_1']])(
    'data that is %j has no fields, and never breaks a filter',
    (data) => {
      expect(matches([{ filter: { cartId: 'cart_1' } }], { type: 'A', data })).toBe(false)
      expect(matches([{ filter: { 0: 'cart_1' } }], { type: 'A', data })).toBe(false)
      expect(matches([{ filter: { cartId: { neq: 'cart_1' } } }], { type: 'A', data })).toBe(true)
    },
  )
})
