import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aggregateOf, checkStreams, filter } from './check-streams.ts'
import { filled } from './check-value.ts'
import { isEventfoldError } from './errors.ts'
import type { Streams } from './stream.ts'
import { streams as anyStreams } from './streams.fixture.ts'

/** The message of the refusal; `undefined` where the streams are taken. */
function refusal(use: 'read' | 'condition', streams: unknown): string | undefined {
  try {
    checkStreams(streams as Streams, use)
    return undefined
  } catch (error) {
    return isEventfoldError(error, 'INVALID_ARGUMENT')
      ? error.message.replace('string without NUL and lone surrogates', 'text')
      : `it broke: ${String(error)}`
  }
}

const ofBoth = (streams: unknown) => [refusal('read', streams), refusal('condition', streams)]

test('a read takes every stream that names something', () => {
  fc.assert(
    fc.property(fc.array(anyStreams, { minLength: 1, maxLength: 3 }), (streams) => {
      expect(refusal('read', streams)).toBeUndefined()
    }),
  )
  expect(refusal('read', 'all')).toBeUndefined()
  expect(refusal('condition', 'all')).toBeUndefined()
})

describe('what no use takes', () => {
  test.each<[unknown, string]>([
    [[], "streams: expected 'all' or a list, found []"],
    [undefined, "streams: expected 'all' or a list, found undefined"],
    [null, "streams: expected 'all' or a list, found null"],
    ['ALL', `streams: expected 'all' or a list, found "ALL"`],
    [{ types: ['A'] }, `streams: expected 'all' or a list, found {"types":["A"]}`],
    [['A'], 'streams.0: expected an object, found "A"'],
    [[{ types: ['A'] }, null], 'streams.1: expected an object, found null'],
    [[['A']], 'streams.0: expected an object, found ["A"]'],
    [[{}], 'streams.0: expected types, a filter or an aggregate, found {}'],
    [
      [{ types: undefined, filter: undefined }],
      'streams.0: expected types, a filter or an aggregate, found {}',
    ],
    [[{ filter: {} }], 'streams.0: expected types, a filter or an aggregate, found {"filter":{}}'],
    [
      [{ types: ['A'], filer: { a: 1 } }],
      'streams.0: expected only the keys types, filter, aggregate, found "filer"',
    ],
    [[{ types: 'A' }], 'streams.0.types: expected a list, found "A"'],
    [[{ types: null }], 'streams.0.types: expected a list, found null'],
    [[{ types: null, filter: { a: 1 } }], 'streams.0.types: expected a list, found null'],
    [[{ types: ['A', 1] }], 'streams.0.types.1: expected a text, found 1'],
    [[{ types: ['A\0'] }], String.raw`streams.0.types.0: expected a text, found "A\u0000"`],
    [[{ types: ['A'], filter: null }], 'streams.0.filter: expected an object, found null'],
    [[{ filter: ['a'] }], 'streams.0.filter: expected an object, found ["a"]'],
    [
      [{ types: ['A'], filter: new Map() }],
      'streams.0.filter: expected an object, found an instance of Map',
    ],
    [[{ filter: 'a' }], 'streams.0.filter: expected an object, found "a"'],
    [[{ filter: { 'a\0': 1 } }], String.raw`streams.0.filter: expected a text, found "a\u0000"`],
    [
      [{ filter: { a: {} } }],
      'streams.0.filter.a: expected one of eq, neq, in, nin, gt, gte, lt, lte, found {}',
    ],
    [
      [{ filter: { a: { $gt: 1 } } }],
      'Unknown operator: $gt (streams.0.filter.a). Use one of eq, neq, in, nin, gt, gte, lt, lte',
    ],
    [
      [{ filter: { address: { city: 'Ghent' } } }],
      'Unknown operator: city (streams.0.filter.address). Use one of eq, neq, in, nin, gt, gte, lt, lte',
    ],
    [
      [{ filter: { a: JSON.parse('{"__proto__":1}') } }],
      'Unknown operator: __proto__ (streams.0.filter.a). Use one of eq, neq, in, nin, gt, gte, lt, lte',
    ],
    [
      [{ filter: { a: { eq: { b: 1 } } } }],
      'streams.0.filter.a.eq: expected a text, a finite number or a boolean, found {"b":1}',
    ],
    [
      [{ filter: { a: NaN } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found NaN',
    ],
    [
      [{ filter: { a: Infinity } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found Infinity',
    ],
    [
      [{ filter: { a: 1n } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found 1n',
    ],
    [
      [{ filter: { a: new Date(0) } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found an instance of Date',
    ],
    [
      [{ filter: { a: () => 1 } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found an instance of Function',
    ],
    [
      [{ filter: { a: Symbol('s') } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found Symbol(s)',
    ],
    [
      [{ filter: { a: new Set(['b']) } }],
      'streams.0.filter.a: expected a text, a finite number or a boolean, found an instance of Set',
    ],
    [
      [{ filter: { a: 'x\0' } }],
      String.raw`streams.0.filter.a: expected a text, a finite number or a boolean, found "x\u0000"`,
    ],
    [
      [{ filter: { a: '\ud83d' } }],
      String.raw`streams.0.filter.a: expected a text, a finite number or a boolean, found "\ud83d"`,
    ],
    [
      [{ filter: { a: ['b', null] } }],
      'streams.0.filter.a.1: expected a text, a finite number or a boolean, found null',
    ],
    [
      [{ filter: { a: [['b']] } }],
      'streams.0.filter.a.0: expected a text, a finite number or a boolean, found ["b"]',
    ],
    [
      [{ filter: { a: { neq: null } } }],
      'streams.0.filter.a.neq: expected a text, a finite number or a boolean, found null',
    ],
    [[{ filter: { a: { in: 'b' } } }], 'streams.0.filter.a.in: expected a list, found "b"'],
    [
      [{ filter: { a: { nin: undefined } } }],
      'streams.0.filter.a.nin: expected a list, found undefined',
    ],
    [
      [{ filter: { a: { in: [{}] } } }],
      'streams.0.filter.a.in.0: expected a text, a finite number or a boolean, found {}',
    ],
    [
      [{ filter: { a: { gte: true } } }],
      'streams.0.filter.a.gte: expected a text or a finite number, found true',
    ],
    [
      [{ filter: { a: { lt: undefined } } }],
      'streams.0.filter.a.lt: expected a text or a finite number, found undefined',
    ],
    [
      [{ filter: { a: { gt: new Date(0) } } }],
      'streams.0.filter.a.gt: expected a text or a finite number, found an instance of Date',
    ],
    [
      [{ aggregate: { type: 'cart' } }],
      'streams.0.aggregate.id: expected a non-empty text, found undefined',
    ],
    [
      [{ aggregate: { type: '', id: '1' } }],
      'streams.0.aggregate.type: expected a non-empty text, found ""',
    ],
    [[{ types: ['A'], aggregate: null }], 'streams.0.aggregate: expected an object, found null'],
    [[{ aggregate: 'cart' }], 'streams.0.aggregate: expected an object, found "cart"'],
    [
      [{ aggregate: { type: 'cart', id: 'a\0' } }],
      String.raw`streams.0.aggregate.id: expected a non-empty text, found "a\u0000"`,
    ],
  ])('%o', (streams, message) => {
    for (const found of ofBoth(streams))
      expect(found?.replace(' a non-empty list', ' a list')).toBe(message)
  })

  test('the message names the place', () => {
    expect(refusal('read', [])).toMatch(/^streams: expected 'all' or a non-empty list/u)
    expect(refusal('condition', [{}])).toMatch(/^streams\.0: expected types, a filter/u)
  })

  test('a long value is cut in the message', () => {
    const message = refusal('read', [{ filter: [7, 'A'.repeat(5000)] }])
    expect(message).toMatch(/found \[7,"AAA.*…$/u)
    expect(message?.length).toBeLessThan(200)
  })
})

describe('what only a condition refuses, because it would guard nothing', () => {
  test.each<[unknown, string]>([
    [{ types: [] }, 'streams.0.types: expected a non-empty list, found []'],
    [
      { filter: { a: undefined } },
      'streams.0.filter.a: expected a text, a finite number or a boolean, found undefined',
    ],
    [
      { filter: { a: null } },
      'streams.0.filter.a: expected a text, a finite number or a boolean, found null',
    ],
    [{ filter: { a: [] } }, 'streams.0.filter.a: expected a non-empty list, found []'],
    [{ filter: { a: { in: [] } } }, 'streams.0.filter.a.in: expected a non-empty list, found []'],
    [
      { filter: { a: { eq: undefined } } },
      'streams.0.filter.a.eq: expected a text, a finite number or a boolean, found undefined',
    ],
    [
      { filter: { a: { eq: null } } },
      'streams.0.filter.a.eq: expected a text, a finite number or a boolean, found null',
    ],
    [
      { filter: { a: { in: [], gt: 1 } } },
      'streams.0.filter.a.in: expected a non-empty list, found []',
    ],
    [
      { types: ['A'], filter: { b: 1, a: undefined } },
      'streams.0.filter.a: expected a text, a finite number or a boolean, found undefined',
    ],
  ])('%j', (stream, message) => {
    const [read, condition] = ofBoth([stream])
    expect(read).toBeUndefined()
    expect(condition?.slice(0, message.length)).toBe(message)
    // Also where another stream would guard something.
    expect(refusal('condition', [{ types: ['A'] }, stream])).toMatch(/^streams\.1\./u)
  })

  test('but not what matches everything: it guards more than it must, never less', () => {
    expect(ofBoth([{ filter: { a: { nin: [] } } }])).toEqual([undefined, undefined])
  })
})

test('a filter and an aggregate can be checked alone', () => {
  expect(() => filter({ a: { like: 'x' } }, ['query', 'filter'])).toThrow(
    'Unknown operator: like (query.filter.a). Use one of eq, neq',
  )
  expect(() => aggregateOf(filled)({ type: 'cart', id: '' }, ['expect', 0])).toThrow(
    'expect.0.id: expected a non-empty string without NUL and lone surrogates, found ""',
  )
})
