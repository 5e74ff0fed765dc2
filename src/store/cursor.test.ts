import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareCursors, formatCursor, parseCursor, START } from './cursor.ts'

const ULID = '01J9Z3V5K8M2N4P6Q8R0S2T4V6'

describe('a cursor', () => {
  test('names its evidence: the position and the id of the event there', () => {
    expect(formatCursor({ position: 7, id: ULID })).toBe(`7~${ULID}`)
    expect(parseCursor(`7~${ULID}`)).toEqual({ position: 7, id: ULID })
  })

  test('of the empty log is 0', () => {
    expect(formatCursor(START)).toBe('0')
    expect(parseCursor('0')).toEqual({ position: 0, id: '' })
  })

  test('comes back as it was, whatever the id', () => {
    const place = fc.record({
      position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      id: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom('~', '1~2', '\n', 'a\nb', '0', '😀'),
      ),
    })
    fc.assert(
      fc.property(place, (given) => {
        expect(parseCursor(formatCursor(given))).toEqual(given)
      }),
    )
  })

  test.each([
    '',
    '1',
    '~',
    '0~',
    '0~a',
    '1~',
    '01~a',
    '-1~a',
    '1.5~a',
    '1e3~a',
    ' 1~a',
    '+1~a',
    '0x1~a',
    '00',
    '9007199254740992~a',
    '99999999999999999999~a',
    'latest',
    '{"cartId=s:1":4}',
    7,
    null,
    undefined,
    {},
    [],
  ])('%j is none, and says so', (cursor) => {
    expect(() => parseCursor(cursor as string)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^cursor: expected a cursor of this store, found /u),
      }),
    )
  })

  test('the message names the cursor, and stays short', () => {
    expect(() => parseCursor('latest')).toThrow('found "latest"')
    expect(() => parseCursor(undefined as never)).toThrow(/found undefined$/u)
    expect(() => parseCursor(7n as never)).toThrow(/found 7n$/u)
    const long = (() => {
      try {
        return String(parseCursor('x'.repeat(10_000)).position)
      } catch (error) {
        return (error as Error).message
      }
    })()
    expect(long.length).toBeLessThan(250)
  })
})

describe('cursors compare', () => {
  test('by position', () => {
    const cursors = ['0', '1~z', '2~a', '10~b', '9007199254740991~c']
    expect(cursors.toReversed().toSorted(compareCursors)).toEqual(cursors)
    expect(compareCursors('10~b', '9~b')).toBeGreaterThan(0)
    expect(compareCursors('0', '0')).toBe(0)
  })

  test('only where both are cursors', () => {
    expect(() => compareCursors('1~a', 'x')).toThrow('found "x"')
    expect(() => compareCursors('x', '1~a')).toThrow('found "x"')
  })
})
