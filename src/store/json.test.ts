import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEventfoldError } from './errors.ts'
import { assertText, canonicalJson, dateCodec, jsonCodec, type JsonCodec } from './json.ts'

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
      /^data at inner\.inner.*… is nested deeper than 256 levels, which JSON cannot keep: is it a cycle\?$/u,
    )
  })

  const holes: unknown[] = [1]
  holes[2] = 3
  const cycle: unknown[] = []
  cycle.push(cycle)

  test.each<[unknown, string]>([
    [undefined, 'data is undefined, which JSON cannot keep: store null or leave it out'],
    [{ a: [1, undefined] }, 'data at a[1] is undefined, which JSON cannot keep: store null'],
    [{ a: { b: NaN } }, 'data at a.b is NaN, which JSON cannot keep: store null or leave the key'],
    [[Infinity], 'data at [0] is Infinity, which JSON cannot keep'],
    [{ a: -Infinity }, 'data at a is -Infinity, which JSON cannot keep'],
    [{ a: 1n }, 'data at a is a bigint, which JSON cannot keep: convert it first'],
    [{ a: Symbol('s') }, 'data at a is a symbol, which JSON cannot keep: convert it first'],
    [{ a: () => 1 }, 'data at a is a function, which JSON cannot keep: convert it first'],
    [{ toJSON: () => 1 }, 'data at toJSON is a function, which JSON cannot keep'],
    [new Money(), 'data is an instance of Money, which JSON cannot keep: convert it to plain data'],
    [{ a: [new Map()] }, 'data at a[0] is an instance of Map, which JSON cannot keep'],
    [{ a: new Set([1]) }, 'data at a is an instance of Set, which JSON cannot keep'],
    [{ a: new Uint8Array(2) }, 'data at a is an instance of Uint8Array, which JSON cannot keep'],
    [{ a: /x/u }, 'data at a is an instance of RegExp, which JSON cannot keep'],
    [{ a: Promise.resolve() }, 'data at a is an instance of Promise, which JSON cannot keep'],
    [{ a: Object('text') }, 'data at a is an instance of String, which JSON cannot keep'],
    [{ a: holes }, 'data at a is a list with holes or with keys, which JSON cannot keep: make it'],
    [
      { a: Object.assign([1], { total: 1 }) },
      'data at a is a list with holes or with keys, which JSON cannot keep: make it a plain list',
    ],
    [
      { a: { [Symbol('s')]: 1 } },
      'data at a is something with a symbol as key, which JSON cannot keep: name it with a text',
    ],
    [cycle, 'data at [0][0]'],
    [{ a: 'x\0y' }, 'data at a holds a NUL character: leave it out'],
    [{ 'x\0y': 1 }, String.raw`the key "x\u0000y" of data holds a NUL character: leave it out`],
    [{ a: '\ud83d' }, 'data at a holds half of a surrogate pair: cut texts between characters'],
    [{ a: { '\ude00': 1 } }, String.raw`the key "\ude00" of data at a holds half of a surrogate`],
    [{ a: new Date(NaN) }, dates ? 'data at a is an invalid Date, which' : 'data at a is a Date,'],
  ])('refuses %o, and says where', (value, message) => {
    expect(refusal(codec, value).slice(0, message.length)).toBe(message)
  })

  test('shows a path that can be followed, whatever the keys', () => {
    const value = { items: [{ 'unit price': { 'a.b': { $net: { größe: 1n } } } }] }
    expect(refusal(codec, value)).toMatch(
      /^data at items\[0\]\["unit price"\]\["a\.b"\]\.\$net\["größe"\] is a bigint/u,
    )
  })
})

describe('a Date', () => {
  test('is refused in plain JSON, because it would come back as a string', () => {
    expect(refusal(jsonCodec, { when: new Date(0) })).toBe(
      'data at when is a Date, which JSON cannot keep: store its toISOString(), or open the store ' +
        'with codec: dateCodec',
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

test('a text is refused with the name it is given', () => {
  expect(() => assertText('a\0', 'event 0: type')).toThrow('event 0: type holds a NUL character')
  expect(() => assertText('\udc00', 'event 0: id')).toThrow('event 0: id holds half of a surrogate')
  expect(() => assertText('😀 \ud83d\ude00 ok', 'x')).not.toThrow()
})
