import { describe, expect, test, vi } from 'vitest'
import {
  AbortedError,
  ArgumentError,
  ClosedError,
  ConcurrencyError,
  EventfoldError,
  IdempotencyError,
  isEventfoldError,
  LimitError,
  RejectedError,
  StoreError,
  UnsupportedError,
  ValidationError,
  type Conflict,
} from './errors.ts'

const signal = AbortSignal.abort('the user left')
const conflict: Conflict = { reason: 'rewound', cursor: '7~x' }

/** Every error: its name, its code, whether a retry may help, what is known of the write. */
const errors: [EventfoldError, string, string, boolean, string][] = [
  [new ConcurrencyError(conflict), 'ConcurrencyError', 'CONFLICT', true, 'none'],
  [new RejectedError('the cart is closed'), 'RejectedError', 'REJECTED', false, 'none'],
  [new ValidationError('no', {}), 'ValidationError', 'INVALID_EVENT', false, 'none'],
  [new ArgumentError('no'), 'ArgumentError', 'INVALID_ARGUMENT', false, 'none'],
  [new IdempotencyError('no', 'key'), 'IdempotencyError', 'IDEMPOTENCY_MISMATCH', false, 'none'],
  [new LimitError('no', 2, 1, 'bytes', 'Cut.'), 'LimitError', 'LIMIT', false, 'none'],
  [new UnsupportedError('no'), 'UnsupportedError', 'UNSUPPORTED', false, 'none'],
  [new AbortedError('the commit', signal), 'AbortedError', 'ABORTED', false, 'none'],
  [new AbortedError('the commit', signal, 'unknown'), 'AbortedError', 'ABORTED', false, 'unknown'],
  [new ClosedError('commit'), 'ClosedError', 'CLOSED', false, 'none'],
  [new StoreError('driver', 'no'), 'StoreError', 'STORE', false, 'none'],
  [
    new StoreError('busy', 'no', { retryable: true, outcome: 'unknown', cause: 'c' }),
    'StoreError',
    'STORE',
    true,
    'unknown',
  ],
]

describe.each(errors)('%s', (error, name, code, retryable, outcome) => {
  test(`has a name, a code, and says what may be done next: ${code}, ${outcome}`, () => {
    expect(error).toMatchObject({ name, code, retryable, outcome })
    expect(error).toBeInstanceOf(EventfoldError)
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe(`${name}: ${error.message}`)
    expect(error.stack).toContain('errors.test.ts')
  })

  test('is recognised, and of its own code alone', () => {
    expect(isEventfoldError(error)).toBe(true)
    const recognised = errors
      .map(([, , other]) => other)
      .filter((other) => {
        return isEventfoldError(error, other as typeof error.code)
      })
    expect(new Set(recognised)).toEqual(new Set([code]))
  })
})

describe('an error is recognised', () => {
  test('also where it comes from another copy of the package', async () => {
    vi.resetModules()
    const other = await import('./errors.ts')
    const error = new other.ConcurrencyError(conflict)
    expect(error).not.toBeInstanceOf(ConcurrencyError)
    expect(isEventfoldError(error)).toBe(true)
    expect(isEventfoldError(error, 'CONFLICT')).toBe(true)
    expect(other.isEventfoldError(new ClosedError('commit'), 'CLOSED')).toBe(true)
  })

  test.each([
    undefined,
    null,
    'CONFLICT',
    7,
    {},
    new Error('x'),
    Object.assign(new Error('x'), { code: 'ENOENT' }),
    Object.assign(new Error('x'), { code: 'CONFLICT' }),
    Object.assign(new Error('x'), { code: 'CONFLICT', outcome: 'none' }),
    Object.assign(new Error('x'), { code: 40001, outcome: 'none', retryable: true }),
    Object.assign(new Error('x'), { code: 'CONFLICT', outcome: 'lost', retryable: true }),
  ])('and nothing else: %o', (error) => {
    expect(isEventfoldError(error)).toBe(false)
    expect(isEventfoldError(error, 'CONFLICT')).toBe(false)
  })
})

describe('a cause', () => {
  test('is kept', () => {
    const cause = new Error('disk full')
    expect(new StoreError('driver', 'no', { cause }).cause).toBe(cause)
    expect(new ValidationError('no', { cause }).cause).toBe(cause)
    expect(new AbortedError('the commit', signal).cause).toBe('the user left')
  })

  test('that is not there is no property', () => {
    expect(new StoreError('driver', 'no')).not.toHaveProperty('cause')
    expect(new ArgumentError('no')).not.toHaveProperty('cause')
  })
})

describe('messages say what failed, with which value, and what to do', () => {
  const event = { id: '01J', type: 'CART_CLOSED', position: 7 }
  const streams = [{ types: ['CART_CLOSED'], filter: { cartId: 'cart_1' } }]
  const aggregate = { type: 'wallet', id: 'wal_1' }
  const document = { type: 'cart', id: 'cart_1' }

  test.each<[Conflict, string]>([
    [
      { reason: 'condition', index: 0, streams, event, cursor: '5~01H' },
      'CART_CLOSED 01J at position 7 matches ' +
        '[{"types":["CART_CLOSED"],"filter":{"cartId":"cart_1"}}] after "5~01H". Read again and ' +
        'decide again.',
    ],
    [
      { reason: 'condition', index: 1, streams: 'all', event },
      'CART_CLOSED 01J at position 7 matches "all" after "0". Read again and decide again.',
    ],
    [
      { reason: 'version', index: 0, aggregate, expected: 3, actual: 5 },
      'wallet wal_1 is at version 5, expected 3. Read again and decide again.',
    ],
    [
      { reason: 'document', index: 0, document, guard: 'absent', actual: 2, deleted: false },
      'cart cart_1 is at revision 2, and the guard "absent" refuses. Read again and decide again.',
    ],
    [
      { reason: 'document', index: 0, document, guard: 'present', actual: 0, deleted: false },
      'cart cart_1 is not there, and the guard "present" refuses. Read again and decide again.',
    ],
    [
      { reason: 'document', index: 0, document, guard: 'present', actual: 2, deleted: true },
      'cart cart_1 is deleted at revision 2, and the guard "present" refuses. Read again',
    ],
    [
      { reason: 'document', index: 0, document, guard: { revision: 1 }, actual: 2, deleted: false },
      'cart cart_1 is at revision 2, and the guard {"revision":1} refuses. Read again',
    ],
    [
      { reason: 'document', index: 0, document, guard: 'newer', actual: 2, deleted: false },
      'cart cart_1 is at revision 2, and the guard "newer" refuses. Read again',
    ],
    [
      { reason: 'rewound', cursor: '7~01J' },
      'the log does not hold "7~01J". Read again and decide again.',
    ],
    [
      { reason: 'rewound', cursor: { eventId: '01J' } },
      'the log does not hold {"eventId":"01J"}. Read again',
    ],
  ])('%j', (given, message) => {
    const error = new ConcurrencyError(given)
    const whole = `Concurrent modification detected: ${message}`
    expect(error.message.slice(0, whole.length)).toBe(whole)
    expect(error.conflict).toBe(given)
  })

  test('a boundary of very many values is cut', () => {
    const many = [
      { filter: { cartId: { in: Array.from({ length: 1000 }, (_, n) => `cart_${n}`) } } },
    ]
    const error = new ConcurrencyError({ reason: 'condition', index: 0, streams: many, event })
    expect(error.message.length).toBeLessThan(400)
    expect(error.message).toContain('… after "0". Read again')
    expect(error.conflict.streams).toBe(many)
  })

  test('a limit comes with both figures', () => {
    const error = new LimitError('commit.events', 7, 5, 'events', 'Split it.')
    expect(error.message).toBe('commit.events: expected at most 5 events, found 7. Split it.')
    expect(error).toMatchObject({ limit: 5, actual: 7 })
  })

  test('an abort says whether something may have been written', () => {
    expect(new AbortedError('the commit', signal).message).toBe(
      'the commit was aborted: nothing was written',
    )
    expect(new AbortedError('the commit', signal, 'unknown').message).toBe(
      'the commit was aborted: perhaps all was written',
    )
  })

  test('a closed store says so', () => {
    expect(new ClosedError('commit').message).toBe(
      'Cannot commit: the store is closed. Open it again.',
    )
  })
})

test('an event that is not valid is named as far as it is known', () => {
  const issues = [{ message: 'no', path: ['cartId'] }]
  const details = { eventType: 'A', issues, eventId: '01J', position: 7 }
  expect(new ValidationError('no', details)).toMatchObject(details)
  const unknown = new ValidationError('no', {})
  expect(unknown.issues).toEqual([])
  for (const key of ['eventType', 'eventId', 'position']) expect(unknown).not.toHaveProperty(key)
})

test('a rejection carries what the decision said', () => {
  const details = { openedBy: 'user_1' }
  expect(new RejectedError('the cart is closed', details)).toMatchObject({
    message: 'the cart is closed',
    details,
  })
})
