import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_IDENTIFIERS, identifierTest, keysOf } from '../event/identifiers.ts'
import { compileStreams } from './matches.ts'
import { narrow } from './narrow.ts'
import type { FilterEntry } from './stream.ts'
import { events, streams } from './streams.fixture.ts'

const isIdentifier = identifierTest(DEFAULT_IDENTIFIERS)
const keysFor = (filter: Record<string, FilterEntry>) => narrow({ filter }, isIdentifier)

describe('for any stream and any event', () => {
  const everyKey = identifierTest(['*'])

  test.each([
    ['the default identifiers', isIdentifier],
    ['every key an identifier', everyKey],
    ['no identifiers', identifierTest([])],
  ])('with %s: what matches is filed under one key of each list', (_, rule) => {
    fc.assert(
      fc.property(streams, events, (stream, event) => {
        fc.pre(compileStreams([stream])(event))
        const filed = new Set(keysOf(event.data, rule))
        for (const list of narrow(stream, rule).keys) {
          expect(list.some((key) => filed.has(key))).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['the default identifiers', isIdentifier],
    ['every key an identifier', everyKey],
  ])('with %s: where it is exact, type and keys say it all', (_, rule) => {
    fc.assert(
      fc.property(streams, events, (stream, event) => {
        const { keys, exact } = narrow(stream, rule)
        fc.pre(exact)
        const filed = new Set(keysOf(event.data, rule))
        const found =
          (stream.types === undefined || stream.types.includes(event.type)) &&
          keys.every((list) => list.some((key) => filed.has(key)))
        expect(found).toBe(compileStreams([stream])(event))
      }),
      { numRuns: 1000 },
    )
  })

  test('lists come short ones first, and no key twice', () => {
    fc.assert(
      fc.property(streams, (stream) => {
        const { keys } = narrow(stream, everyKey)
        const lengths = keys.map((list) => list.length)
        expect(lengths.toSorted((a, b) => a - b)).toEqual(lengths)
        for (const list of keys) expect(new Set(list).size).toBe(list.length)
      }),
    )
  })
})

describe('what is exact', () => {
  test.each<[Record<string, FilterEntry>, readonly string[]]>([
    [{ cartId: 'c' }, ['cartId=s:c']],
    [{ cartId: 7 }, ['cartId=n:7']],
    [{ cartId: -0 }, ['cartId=n:0']],
    [{ cartId: { eq: 'c' } }, ['cartId=s:c']],
    [{ cartId: { in: ['c', 7, 'c'] } }, ['cartId=s:c', 'cartId=n:7']],
    [{ cartId: { in: [] } }, []],
    [{ cartId: ['c', 7] }, ['cartId=s:c', 'cartId=n:7', 'cartId=a:["c",7]']],
    [{ cartId: [] }, ['cartId=a:[]']],
    [{ cartId: null as never }, []],
    [{ cartId: undefined as never }, []],
    [{ cartId: { eq: undefined } as never }, []],
  ])('%j is', (filter, keys) => {
    expect(keysFor(filter)).toEqual({ keys: [keys], exact: true })
  })

  test('types alone are, without a key', () => {
    expect(narrow({ types: ['A'] }, isIdentifier)).toEqual({ keys: [], exact: true })
  })

  test('two identifiers are, with a list for each', () => {
    expect(keysFor({ aId: ['x', 'y'], bId: 'z' })).toEqual({
      keys: [['bId=s:z'], ['aId=s:x', 'aId=s:y', 'aId=a:["x","y"]']],
      exact: true,
    })
  })
})

describe('what is not exact', () => {
  test.each<[Record<string, FilterEntry>, readonly (readonly string[])[]]>([
    [{ cartId: { eq: 'c', neq: 'd' } }, [['cartId=s:c']]],
    [{ cartId: { eq: 'c', in: ['d'] } }, [['cartId=s:c']]],
    [{ cartId: { in: ['c'], gt: 'b' } }, [['cartId=s:c']]],
    [{ cartId: 'c', quantity: 1 }, [['cartId=s:c']]],
    // No key helps here: all candidates have to be looked at.
    [{ cartId: { gt: 'c' } }, []],
    [{ cartId: { neq: 'c' } }, []],
    [{ cartId: { nin: [] } }, []],
    [{ cartId: true }, []],
    [{ cartId: { eq: false } }, []],
    [{ cartId: { in: ['c', true] } }, []],
    [{ cartId: ['c', true] }, []],
    [{ quantity: 1 }, []],
  ])('%j', (filter, keys) => {
    expect(keysFor(filter)).toEqual({ keys, exact: false })
  })

  test('a stream of an aggregate', () => {
    const aggregate = { type: 'cart', id: '1' }
    expect(narrow({ aggregate }, isIdentifier)).toEqual({ keys: [], exact: false })
    expect(narrow({ aggregate, filter: { cartId: 'c' } }, isIdentifier)).toEqual({
      keys: [['cartId=s:c']],
      exact: false,
    })
  })
})
