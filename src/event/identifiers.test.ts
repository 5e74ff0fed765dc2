import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_IDENTIFIERS, identifierTest, keyOf, keysOf } from './identifiers.ts'

describe('which keys are identifiers', () => {
  const isDefault = identifierTest(DEFAULT_IDENTIFIERS)

  test.each(['cartId', 'cart_id', 'Cart_Id', 'x_id', '_Id', 'éId'])('by default %j is', (key) => {
    expect(isDefault(key)).toBe(true)
  })

  test.each(['Id', '_id', 'id', 'cartID', 'cartid', 'cart-id', 'Idea', 'cartIds', ''])(
    'by default %j is not',
    (key) => {
      expect(isDefault(key)).toBe(false)
    },
  )

  test('a name without a star is one exact key', () => {
    const isIdentifier = identifierTest(['email', 'cart*'])
    expect(isIdentifier('email')).toBe(true)
    expect(isIdentifier('cart*')).toBe(true)
    expect(['Email', 'my_email', 'emails', 'cartId', ''].filter(isIdentifier)).toEqual([])
  })

  test('a star stands for at least one character', () => {
    const isIdentifier = identifierTest(['*_id', '*'])
    expect(isIdentifier('_id')).toBe(true)
    expect(identifierTest(['*_id'])('_id')).toBe(false)
    expect(isIdentifier('')).toBe(false)
  })

  test('no rule, no identifier', () => {
    expect(identifierTest([])('cartId')).toBe(false)
  })

  test('the answer is the same when it is asked again, also after very many keys', () => {
    const isIdentifier = identifierTest(['*Id'])
    for (let index = 0; index < 20_000; index += 1) {
      expect(isIdentifier(`a${index}Id`)).toBe(true)
      expect(isIdentifier(`a${index}`)).toBe(false)
    }
    expect(isIdentifier('a7Id')).toBe(true)
    expect(isIdentifier('a19999Id')).toBe(true)
  })
})

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '1', 'n:1', 's:1', '=s:', 'true', '["1"]', '[]', 'null'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)
const value = fc.oneof(scalar, fc.array(fc.oneof(scalar, fc.boolean()), { maxLength: 4 }))
const identifier = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('cartId', 'a', 'a=s:b', 'a=s', 'a%3Ds:b', 'a%', 'a%25', '=', '%', ''),
)

/** Equality as filters have it: types count, `-0` is `0`. */
function same(left: unknown, right: unknown): boolean {
  return Array.isArray(left) && Array.isArray(right)
    ? left.length === right.length && left.every((item, index) => item === right[index])
    : left === right
}

describe('the key of an identifier and its value', () => {
  test('shows both, and the type', () => {
    expect(keyOf('cartId', 'cart_123')).toBe('cartId=s:cart_123')
    expect(keyOf('seat_id', 7)).toBe('seat_id=n:7')
    expect(keyOf('tag_id', ['x', 1, true])).toBe('tag_id=a:["x",1,true]')
  })

  test('0 and -0 share a key, as they are equal', () => {
    expect(keyOf('seat_id', -0)).toBe(keyOf('seat_id', 0))
    expect(keyOf('seat_id', [-0])).toBe(keyOf('seat_id', [0]))
  })

  test('is shared by equal identifiers and values, and by no others', () => {
    fc.assert(
      fc.property(identifier, value, identifier, value, (a, left, b, right) => {
        expect(keyOf(a, left) === keyOf(b, right)).toBe(a === b && same(left, right))
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a', 's:b=s:c', 'a=s:s:b', 'c'],
    ['a', 'b=s:c', 'a=s:b', 'c'],
    ['a=', 'b', 'a', '=s:b'],
    ['a%3D', 'b', 'a=', 'b'],
  ])('%j with %j and %j with %j have two', (a, left, b, right) => {
    expect(keyOf(a, left)).not.toBe(keyOf(b, right))
  })
})

describe('the keys of an event', () => {
  const isIdentifier = identifierTest(DEFAULT_IDENTIFIERS)

  test('are those of its top-level identifiers, in the order of its data', () => {
    const data = {
      todo_id: 'todo_1',
      name: 'milk',
      cartId: 'cart_1',
      seatId: 7,
      tagId: ['x', 'y'],
      owner: { userId: 'user_1' },
    }
    expect(keysOf(data, isIdentifier)).toEqual([
      'todo_id=s:todo_1',
      'cartId=s:cart_1',
      'seatId=n:7',
      'tagId=a:["x","y"]',
    ])
  })

  test('are none for a value that no filter could find', () => {
    const data = {
      aId: null,
      bId: true,
      cId: { id: 1 },
      dId: [null],
      eId: [['x']],
      fId: undefined,
    }
    expect(keysOf(data, isIdentifier)).toEqual([])
  })

  test.each([null, 'cartId', 7, ['cartId'], undefined])('are none where data is %j', (data) => {
    expect(keysOf(data, () => true)).toEqual([])
  })

  test('an empty text and an empty list are values', () => {
    expect(keysOf({ aId: '', bId: [] }, isIdentifier)).toEqual(['aId=s:', 'bId=a:[]'])
  })

  test('a key named __proto__ is one like any other', () => {
    const data: unknown = JSON.parse('{ "__proto__": "x" }')
    expect(keysOf(data, identifierTest(['__proto__']))).toEqual(['__proto__=s:x'])
  })
})
