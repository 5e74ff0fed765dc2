import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAggregate, checkFilter, checkStreams, copyStream } from './check-streams.ts'
import { isEventfoldError } from './errors.ts'
import type { Streams } from './stream.ts'
import { streams as anyStreams } from './streams.fixture.ts'

/** The message of the refusal; `undefined` where the streams are taken. */
function refusal(use: 'read' | 'condition', streams: unknown, what?: string): string | undefined {
  try {
    checkStreams(streams as Streams, use, what)
    return undefined
  } catch (error) {
    return isEventfoldError(error, 'INVALID_ARGUMENT')
      ? error.message
      : `it broke: ${String(error)}`
  }
}

const ofBoth = (streams: unknown) => [
  refusal('read', streams, 'here'),
  refusal('condition', streams, 'here'),
]
const OPERATORS = 'eq, neq, in, nin, gt, gte, lt, lte'

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
  const VALUE = 'takes a string, a finite number or a boolean, found'

  test.each<[unknown, string]>([
    [[], "here: the list of streams is empty: name a stream, or ask for 'all'"],
    [undefined, "here: streams must be a list or 'all', found undefined"],
    [null, "here: streams must be a list or 'all', found null"],
    ['ALL', `here: streams must be a list or 'all', found "ALL"`],
    [
      { types: ['A'] },
      `here: streams must be a list or 'all', found {"types":["A"]}: put it in a list`,
    ],
    [['A'], 'here, stream 0 must be an object, found "A"'],
    [[{ types: ['A'] }, null], 'here, stream 1 must be an object, found null'],
    [[['A']], 'here, stream 0 must be an object, found ["A"]'],
    [
      [{}],
      "here, stream 0 names nothing: give types, a filter or an aggregate; the whole log is 'all'",
    ],
    [[{ types: undefined, filter: undefined }], 'here, stream 0 names nothing: give types, a'],
    [[{ filter: {} }], 'here, stream 0 names nothing: give types, a filter or an aggregate'],
    [
      [{ types: ['A'], filer: { a: 1 } }],
      'here, stream 0 has the unknown key "filer": it takes types, filter, aggregate',
    ],
    [[{ types: 'A' }], 'here, stream 0: types must be a list of strings, found "A"'],
    [[{ types: null }], 'here, stream 0 names nothing: give types, a filter or an aggregate'],
    [[{ types: null, filter: { a: 1 } }], 'here, stream 0: types must be a list of strings, found'],
    [[{ types: ['A', 1] }], 'here, stream 0: types must be a list of strings, found ["A",1]'],
    [[{ types: ['A\0'] }], 'here, stream 0: a type holds a NUL character: leave it out'],
    [[{ types: ['A'], filter: null }], 'here, stream 0: a filter is an object of keys and values'],
    [[{ filter: ['a'] }], 'here, stream 0: a filter is an object of keys and values, found ["a"]'],
    [[{ types: ['A'], filter: new Map() }], 'here, stream 0: a filter is an object of keys and'],
    [[{ filter: 'a' }], 'here, stream 0: a filter is an object of keys and values, found "a"'],
    [
      [{ filter: { 'a\0': 1 } }],
      String.raw`here, stream 0: filter key "a\u0000" holds a NUL character`,
    ],
    [
      [{ filter: { a: {} } }],
      `here, stream 0: filter key "a" names no operator: use one of ${OPERATORS}`,
    ],
    [
      [{ filter: { a: { $gt: 1 } } }],
      `Unknown operator: $gt (here, stream 0: filter key "a"); use one of ${OPERATORS}. A filter ` +
        'looks at top-level keys of data.',
    ],
    [
      [{ filter: { address: { city: 'Ghent' } } }],
      'Unknown operator: city (here, stream 0: filter key "address"); use one of eq, neq',
    ],
    [[{ filter: { a: JSON.parse('{"__proto__":1}') } }], 'Unknown operator: __proto__ (here'],
    [[{ filter: { a: { eq: { b: 1 } } } }], `here, stream 0: filter key "a", operator eq ${VALUE}`],
    [[{ filter: { a: NaN } }], `here, stream 0: filter key "a" ${VALUE} NaN`],
    [[{ filter: { a: Infinity } }], `here, stream 0: filter key "a" ${VALUE} Infinity`],
    [[{ filter: { a: 1n } }], `here, stream 0: filter key "a" ${VALUE} 1n`],
    [[{ filter: { a: new Date(0) } }], `here, stream 0: filter key "a" ${VALUE} a Date`],
    [[{ filter: { a: () => 1 } }], `here, stream 0: filter key "a" ${VALUE} a function`],
    [[{ filter: { a: Symbol('s') } }], `here, stream 0: filter key "a" ${VALUE} Symbol(s)`],
    [[{ filter: { a: new Set(['b']) } }], `here, stream 0: filter key "a" ${VALUE} {}`],
    [[{ filter: { a: 'x\0' } }], 'here, stream 0: filter key "a" holds a NUL character'],
    [[{ filter: { a: '\ud83d' } }], 'here, stream 0: filter key "a" holds half of a surrogate'],
    [[{ filter: { a: ['b', null] } }], `here, stream 0: filter key "a" ${VALUE} null`],
    [[{ filter: { a: [['b']] } }], `here, stream 0: filter key "a" ${VALUE} ["b"]`],
    [[{ filter: { a: { neq: null } } }], `here, stream 0: filter key "a", operator neq ${VALUE}`],
    [
      [{ filter: { a: { in: 'b' } } }],
      'here, stream 0: filter key "a", operator in takes a list, found "b"',
    ],
    [
      [{ filter: { a: { nin: undefined } } }],
      'here, stream 0: filter key "a", operator nin takes a list, found undefined',
    ],
    [[{ filter: { a: { in: [{}] } } }], `here, stream 0: filter key "a", operator in ${VALUE} {}`],
    [
      [{ filter: { a: { gte: true } } }],
      'here, stream 0: filter key "a", operator gte: booleans have no order; use eq or neq',
    ],
    [
      [{ filter: { a: { lt: undefined } } }],
      'here, stream 0: filter key "a", operator lt takes a string or a finite number, found undefined',
    ],
    [
      [{ filter: { a: { gt: new Date(0) } } }],
      'here, stream 0: filter key "a", operator gt takes a string or a finite number, found a Date',
    ],
    [
      [{ aggregate: { type: 'cart' } }],
      'here, stream 0: an aggregate has a type and an id, found {"type":"cart"}',
    ],
    [[{ aggregate: { type: '', id: '1' } }], 'here, stream 0: an aggregate has a type and an id'],
    [
      [{ types: ['A'], aggregate: null }],
      'here, stream 0: an aggregate has a type and an id, found',
    ],
    [[{ aggregate: 'cart' }], 'here, stream 0: an aggregate has a type and an id, found "cart"'],
    [
      [{ aggregate: { type: 'cart', id: 'a\0' } }],
      "here, stream 0: the aggregate's id holds a NUL character",
    ],
  ])('%o', (streams, message) => {
    for (const found of ofBoth(streams)) expect(found?.slice(0, message.length)).toBe(message)
  })

  test('the message names the use where it is given no other name', () => {
    expect(refusal('read', [])).toMatch(/^the read: the list of streams is empty/u)
    expect(refusal('condition', [{}])).toMatch(/^the condition, stream 0 names nothing/u)
    expect(refusal('condition', [{}], 'condition 3')).toMatch(/^condition 3, stream 0 names/u)
  })

  test('a long value is cut in the message', () => {
    const message = refusal('read', [{ types: [7, 'A'.repeat(5000)] }])
    expect(message).toMatch(/found \[7,"AAA.*…$/u)
    expect(message?.length).toBeLessThan(200)
  })
})

describe('what only a condition refuses, because it would guard nothing', () => {
  const NOTHING = ': it could never match, so the condition would guard nothing'

  test.each<[unknown, string]>([
    [{ types: [] }, 'here, stream 0: types is empty'],
    [{ filter: { a: undefined } }, 'here, stream 0: filter key "a" is undefined'],
    [{ filter: { a: null } }, 'here, stream 0: filter key "a" is null'],
    [{ filter: { a: [] } }, 'here, stream 0: filter key "a" has an empty list'],
    [
      { filter: { a: { in: [] } } },
      'here, stream 0: filter key "a", operator in has an empty list',
    ],
    [
      { filter: { a: { eq: undefined } } },
      'here, stream 0: filter key "a", operator eq is undefined',
    ],
    [{ filter: { a: { eq: null } } }, 'here, stream 0: filter key "a", operator eq is null'],
    [{ filter: { a: { in: [], gt: 1 } } }, 'here, stream 0: filter key "a", operator in has an'],
    [
      { types: ['A'], filter: { b: 1, a: undefined } },
      'here, stream 0: filter key "a" is undefined',
    ],
  ])('%j', (stream, message) => {
    const [read, condition] = ofBoth([stream])
    expect(read).toBeUndefined()
    expect(condition?.startsWith(message)).toBe(true)
    expect(condition?.endsWith(NOTHING)).toBe(true)
    // Also where another stream would guard something.
    expect(refusal('condition', [{ types: ['A'] }, stream], 'here')).toMatch(/^here, stream 1: /u)
  })

  test('but not what matches everything: it guards more than it must, never less', () => {
    expect(ofBoth([{ filter: { a: { nin: [] } } }])).toEqual([undefined, undefined])
  })
})

test('a filter and an aggregate can be checked alone', () => {
  expect(() => checkFilter({ a: { like: 'x' } as never }, 'documents of cart', false)).toThrow(
    'Unknown operator: like (documents of cart: filter key "a")',
  )
  expect(() => checkAggregate({ type: 'cart', id: '' }, 'expect 0')).toThrow(
    'expect 0: an aggregate has a type and an id, found {"type":"cart","id":""}',
  )
})

describe('a copy of a stream', () => {
  test('is equal, and shares nothing that may change', () => {
    fc.assert(
      fc.property(anyStreams, (stream) => {
        const copy = copyStream(stream)
        expect(isDeepStrictEqual(copy, structuredClone(stream))).toBe(true)
        const shared = (left: unknown, right: unknown): boolean =>
          typeof left === 'object' &&
          left !== null &&
          (left === right ||
            Object.keys(left).some((key) => shared((left as never)[key], (right as never)[key])))
        expect(shared(copy, stream)).toBe(false)
      }),
    )
  })
})
