import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEventfoldError } from './errors.ts'
import { canonicalJson, dateCodec, jsonCodec, type JsonCodec } from './json.ts'

const key = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
  fc.constantFrom('__proto__', 'constructor', 'toString', '$date', '$$date', '$$$date', '', '0'),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0')),
  fc.constantFrom('', '\n', '"', '\\', '2030-01-01T00:00:00.000Z', '\u2028', '\ufeff', '😀'),
)
const number = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
  .map((each) => each + 0)

/** Any JSON, and where asked any dates in it. */
function jsonValue(dates: boolean): fc.Arbitrary<unknown> {
  const leaves = [fc.constant(null), fc.boolean(), number, text]
  const date = fc.date({ noInvalidDate: true })
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(...leaves, ...(dates ? [date] : [])),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
    ),
  })).value
}

function roundTrip(codec: JsonCodec, value: unknown): unknown {
  return codec.decode(codec.encode(value, 'data'))
}

/** The message of the refusal. */
function refusal(codec: JsonCodec, value: unknown): string {
  try {
    return `it was taken: ${codec.encode(value, 'data')}`
  } catch (error) {
    return isEventfoldError(error, 'INVALID_ARGUMENT')
      ? error.message
      : `it broke: ${String(error)}`
  }
}

class Money {
  readonly amount = 1
}

const nested = (depth: number): unknown => (depth === 0 ? 'bottom' : { inner: nested(depth - 1) })

describe.each([
  ['plain JSON', jsonCodec, false],
  ['JSON with dates', dateCodec, true],
])('%s', (_, codec, dates) => {
  test('comes back equal', () => {
    fc.assert(
      fc.property(jsonValue(dates), (value) => {
        // Unlike `toEqual` it also looks at own keys named __proto__ and constructor.
        expect(isDeepStrictEqual(roundTrip(codec, value), value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('keeps a key named __proto__ as a key', () => {
    const value: unknown = JSON.parse('{ "__proto__": { "admin": true }, "a": { "__proto__": 1 } }')
    const back = roundTrip(codec, value) as { admin?: unknown }
    expect(isDeepStrictEqual(back, value)).toBe(true)
    expect(back.admin).toBeUndefined()
  })

  test('takes an undefined property for no property', () => {
    expect(codec.encode({ a: undefined, b: { c: undefined } }, 'data')).toBe('{"b":{}}')
  })

  test('takes an object without a prototype', () => {
    const value = Object.assign(Object.create(null), { a: 1 })
    expect(roundTrip(codec, value)).toStrictEqual({ a: 1 })
  })

  test('takes 256 levels, and not one more', () => {
    expect(roundTrip(codec, nested(256))).toStrictEqual(nested(256))
    expect(refusal(codec, nested(257))).toMatch(
      /^data\.inner\.inner.*…: expected at most 256 levels, found \{"inner":"bottom"\}$/u,
    )
  })

  const JSON_OR_DATE = dates ? 'JSON or a valid Date' : 'JSON'
  const holes: unknown[] = [1]
  holes[2] = 3
  const cycle: unknown[] = []
  cycle.push(cycle)

  test.each<[unknown, string]>([
    [undefined, 'data: expected JSON, found undefined'],
    [
      { a: [1, undefined] },
      'data.a: expected JSON without holes, undefined and symbols, found [1,null]',
    ],
    [{ a: { b: NaN } }, 'data.a.b: expected JSON, found NaN'],
    [[Infinity], 'data.0: expected JSON, found Infinity'],
    [{ a: -Infinity }, 'data.a: expected JSON, found -Infinity'],
    [{ a: 1n }, 'data.a: expected JSON, found 1n'],
    [{ a: Symbol('s') }, 'data.a: expected JSON, found Symbol(s)'],
    [{ a: () => 1 }, 'data.a: expected JSON, found an instance of Function'],
    [{ toJSON: () => 1 }, 'data.toJSON: expected JSON, found an instance of Function'],
    [new Money(), `data: expected ${JSON_OR_DATE}, found an instance of Money`],
    [{ a: [new Map()] }, `data.a.0: expected ${JSON_OR_DATE}, found an instance of Map`],
    [{ a: new Set([1]) }, `data.a: expected ${JSON_OR_DATE}, found an instance of Set`],
    [{ a: new Uint8Array(2) }, `data.a: expected ${JSON_OR_DATE}, found an instance of Uint8Array`],
    [{ a: /x/u }, `data.a: expected ${JSON_OR_DATE}, found an instance of RegExp`],
    [{ a: Promise.resolve() }, `data.a: expected ${JSON_OR_DATE}, found an instance of Promise`],
    [{ a: Object('text') }, `data.a: expected ${JSON_OR_DATE}, found an instance of String`],
    [{ a: holes }, 'data.a: expected JSON without holes, undefined and symbols, found ['],
    [
      { a: Object.assign([1], { total: 1 }) },
      'data.a: expected JSON without holes, undefined and symbols, found [',
    ],
    [
      { a: { [Symbol('s')]: 1 } },
      'data.a: expected JSON without holes, undefined and symbols, found {}',
    ],
    [cycle, 'data.0.0'],
    [
      { a: 'x\0y' },
      String.raw`data.a: expected a string without NUL and lone surrogates, found "x\u0000y"`,
    ],
    [
      { 'x\0y': 1 },
      String.raw`data: expected a string without NUL and lone surrogates, found "x\u0000y"`,
    ],
    [
      { a: '\ud83d' },
      String.raw`data.a: expected a string without NUL and lone surrogates, found "\ud83d"`,
    ],
    [
      { a: { '\ude00': 1 } },
      String.raw`data.a: expected a string without NUL and lone surrogates, found "\ude00"`,
    ],
    [
      { a: new Date(NaN) },
      dates
        ? 'data.a: expected JSON or a valid Date, found'
        : 'data.a: expected JSON or codec: dateCodec, found',
    ],
  ])('refuses %o, and says where', (value, message) => {
    expect(refusal(codec, value).slice(0, message.length)).toBe(message)
  })

  test('shows a path that can be followed, whatever the keys', () => {
    const value = { items: [{ 'unit price': { 'a.b': { $net: { größe: 1n } } } }] }
    expect(refusal(codec, value)).toMatch(
      /^data\.items\.0\.unit price\.a\.b\.\$net\.größe: expected JSON, found 1n$/u,
    )
  })
})

describe('a Date', () => {
  test('is refused in plain JSON, because it would come back as a string', () => {
    expect(refusal(jsonCodec, { when: new Date(0) })).toBe(
      'data.when: expected JSON or codec: dateCodec, found an instance of Date',
    )
  })

  test('comes back as a Date with the codec for dates, also from the ends of time', () => {
    const value = [new Date(0), { when: new Date(8.64e15), end: new Date(-8.64e15) }]
    expect(roundTrip(dateCodec, value)).toStrictEqual(value)
  })

  test('is kept as a tag, and a key that looks like the tag is escaped', () => {
    const when = new Date(0)
    const value = { when, user: { $date: 'not one' }, both: { $$date: { $date: when } } }
    expect(dateCodec.encode(value, 'data')).toBe(
      '{"when":{"$date":"1970-01-01T00:00:00.000Z"},"user":{"$$date":"not one"},' +
        '"both":{"$$$date":{"$$date":{"$date":"1970-01-01T00:00:00.000Z"}}}}',
    )
    expect(roundTrip(dateCodec, value)).toStrictEqual(value)
  })

  test('the codec for dates reads what plain JSON wrote', () => {
    fc.assert(
      fc.property(jsonValue(false), (value) => {
        fc.pre(!JSON.stringify(value).includes('$date'))
        const read = dateCodec.decode(jsonCodec.encode(value, 'data'))
        expect(isDeepStrictEqual(read, value)).toBe(true)
      }),
    )
  })
})

describe('canonical JSON', () => {
  /** The same value with the keys of every object in another order. */
  function shuffled(value: unknown): unknown {
    if (value === null || typeof value !== 'object' || value instanceof Date) return value
    if (Array.isArray(value)) return value.map(shuffled)
    const entries = Object.entries(value).map(([name, inner]) => [name, shuffled(inner)])
    return Object.fromEntries(entries.toReversed())
  }

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(jsonValue(true), (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
      }),
    )
  })

  test('is the same for equal values alone', () => {
    fc.assert(
      fc.property(jsonValue(true), jsonValue(true), (left, right) => {
        const equal =
          dateCodec.encode(sortedKeys(left), '') === dateCodec.encode(sortedKeys(right), '')
        expect(canonicalJson(left) === canonicalJson(right)).toBe(equal)
      }),
    )
  })

  /** The same value with sorted keys. */
  function sortedKeys(value: unknown): unknown {
    if (value === null || typeof value !== 'object' || value instanceof Date) return value
    if (Array.isArray(value)) return value.map(sortedKeys)
    const names = Object.keys(value).toSorted()
    return Object.fromEntries(names.map((name) => [name, sortedKeys((value as never)[name])]))
  }

  test('leaves undefined properties out, and nothing else', () => {
    expect(canonicalJson({ b: undefined, a: null, c: [] })).toBe('{"a":null,"c":[]}')
    expect(canonicalJson([{ b: 1, a: [2, 1] }])).toBe('[{"a":[2,1],"b":1}]')
  })

  test('tells a date from the text that it prints, and from a key named like its tag', () => {
    const when = new Date(0)
    const texts = [when, when.toISOString(), { $date: when.toISOString() }, when.getTime()]
    expect(new Set(texts.map((value) => canonicalJson({ value }))).size).toBe(4)
    expect(canonicalJson(when)).toBe(canonicalJson(new Date(0)))
    expect(canonicalJson({ when: new Date(NaN) })).toBe('{"when":null}')
  })

  test('keeps a key named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe(
      '{"__proto__":{"a":1},"b":1}',
    )
  })
})
