import { describe, expect, test } from 'vitest'
import { prepareCommit } from './check-commit.ts'
import type { Commit, Committed } from './commit.ts'
import { rules } from './commits.fixture.ts'
import { answered, judge, seenPosition } from './judge.ts'
import { added, closed, event, refusal, state, verdictOn, view, wallet } from './logs.fixture.ts'

describe('the order of the checks', () => {
  test('is key, event ids, versions, conditions, documents', () => {
    const { log, asked } = view({ events: [added] })
    const commit: Commit = {
      events: [event],
      conditions: [{ streams: 'all', after: '1~a' }],
      expect: [{ aggregate: wallet, version: 0 }],
      documents: [{ type: 'cart', id: 'c', data: {} }],
      idempotency: { key: 'k' },
    }
    judge(prepareCommit(commit, rules), log)
    expect(asked).toEqual(['answer', 'version', 'match', 'document'])
  })

  test('a known key answers before anything else can refuse', () => {
    const committed: Committed = { events: [], documents: [], replayed: false }
    const answers = { k: { fingerprint: 'f', committed } }
    const impossible: Commit = {
      events: [event],
      expect: [{ aggregate: wallet, version: 9 }],
      idempotency: { key: 'k', fingerprint: 'f' },
    }
    expect(verdictOn(impossible, { answers })).toEqual({
      replayed: { ...committed, replayed: true },
    })
  })

  test('known events answer before a version or a condition can refuse', () => {
    const again: Commit = {
      events: [added],
      conditions: [{ streams: 'all' }],
      expect: [{ aggregate: wallet, version: 9 }],
    }
    expect(verdictOn(again, { events: [added] }).replayed?.events).toMatchObject([added])
  })

  test('asks only what the commit needs', () => {
    const { log, asked } = view()
    judge(prepareCommit({ events: [event] }, rules), log)
    expect(asked).toEqual([])
  })
})

describe('a known idempotency key', () => {
  const committed: Committed = { events: [], documents: [], replayed: false, cursor: '1~a' }
  const log = view({ answers: { k: { fingerprint: 'f', committed } } }).log

  test('gives the first result again', () => {
    expect(answered({ key: 'k', fingerprint: 'f' }, log)).toEqual({ ...committed, replayed: true })
    // Without a fingerprint, at load, the key alone is asked for.
    expect(answered({ key: 'k' }, log)).toEqual({ ...committed, replayed: true })
  })

  test('with another fingerprint is refused', () => {
    expect(() => answered({ key: 'k', fingerprint: 'g' }, log)).toThrow(
      expect.objectContaining({
        code: 'IDEMPOTENCY_MISMATCH',
        key: 'k',
        message: 'The idempotency key "k" is known with other content. Use a new one.',
      }),
    )
  })

  test('that is not known, or not given, is no answer', () => {
    expect(answered({ key: 'x', fingerprint: 'f' }, log)).toBeUndefined()
    expect(answered(undefined, log)).toBeUndefined()
  })
})

describe('known event ids', () => {
  const events = [added, closed]

  test('with equal content give the stored events again, whatever the order of keys', () => {
    const again = { ...added, data: { n: 1, cartId: 'c' }, metadata: { actorId: 'another' } }
    expect(verdictOn({ events: [again, closed] }, { events }).replayed).toEqual({
      events: [expect.objectContaining({ position: 1 }), expect.objectContaining({ position: 2 })],
      documents: [],
      replayed: true,
    })
  })

  test('give a cursor where there were conditions, and unchanged documents', () => {
    const commit: Commit = {
      events,
      conditions: [{ streams: 'all' }],
      documents: [
        { type: 'cart', id: 'c', data: {} },
        { type: 'cart', id: 'd', data: {} },
      ],
    }
    expect(verdictOn(commit, { events, documents: { 'cart/c': state } }).replayed).toMatchObject({
      cursor: '2~b',
      documents: [
        { type: 'cart', id: 'c', status: 'unchanged', revision: 2 },
        { type: 'cart', id: 'd', status: 'unchanged', revision: 0 },
      ],
    })
  })

  test.each([
    ['type', { type: 'CLOSED' }],
    ['data', { data: { cartId: 'c', n: '1' } }],
    ['aggregate', { aggregate: wallet }],
  ])('with another %s are refused', (_, changed) => {
    const error = refusal(
      'IDEMPOTENCY_MISMATCH',
      { events: [{ ...added, ...changed }] },
      { events },
    )
    expect(error.message).toBe('The event id "a" is known with other content. Use a new one.')
    expect(error.key).toBe('a')
  })

  test('beside unknown ones are refused, in any order', () => {
    const unknown = { ...event, id: 'z' }
    for (const mixed of [
      [added, unknown],
      [unknown, added],
    ]) {
      const error = refusal('IDEMPOTENCY_MISMATCH', { events: mixed }, { events })
      expect(error.message).toBe('The event id "a" is known with other content. Use a new one.')
      expect(error.key).toBe('a')
    }
  })
})

describe('expected versions', () => {
  const events = [
    { ...added, aggregate: { ...wallet, version: 1 } },
    { ...closed, aggregate: { ...wallet, version: 2 } },
  ]
  const expecting = (version: number): Commit => ({
    events: [event],
    expect: [{ aggregate: wallet, version }],
  })

  test('let through the version that there is', () => {
    expect(verdictOn(expecting(2), { events })).toEqual({ documents: [], versions: [undefined] })
    expect(verdictOn(expecting(0), { events: [added] })).toHaveProperty('versions')
  })

  test.each([0, 1, 3])('refuse version %j where it is 2', (version) => {
    const { conflict, retryable } = refusal('CONFLICT', expecting(version), { events })
    expect(conflict).toEqual({
      reason: 'version',
      index: 0,
      aggregate: wallet,
      expected: version,
      actual: 2,
    })
    expect(retryable).toBe(true)
  })

  test('new events get the next versions, each aggregate its own', () => {
    const other = { type: 'wallet', id: 'x' }
    const commit = {
      events: [
        { ...event, aggregate: wallet },
        { ...event, aggregate: other },
        event,
        { ...event, aggregate: wallet },
      ],
    }
    expect(verdictOn(commit, { events })).toMatchObject({ versions: [3, 1, undefined, 4] })
  })
})

describe('conditions', () => {
  const events = [added, closed]
  const streams = [{ types: ['CLOSED'] }]
  const on = (after?: string | { eventId: string }): Commit => ({
    events: [event],
    conditions: [
      { streams: [{ types: ['NEVER'] }] },
      { streams, ...(after !== undefined && { after }) },
    ],
  })

  test('hold where nothing that matches came after what was read', () => {
    for (const after of ['2~b', { eventId: 'b' }]) {
      expect(verdictOn(on(after), { events })).toHaveProperty('versions')
    }
    expect(verdictOn(on('1~a'), { events: [added] })).toHaveProperty('versions')
  })

  test('without after hold where nothing matches at all', () => {
    expect(verdictOn(on(), { events: [added] })).toHaveProperty('versions')
    const { conflict } = refusal('CONFLICT', on(), { events })
    expect(conflict).toEqual({
      reason: 'condition',
      index: 1,
      streams,
      event: { id: 'b', type: 'CLOSED', position: 2 },
    })
  })

  test.each(['1~a', '0', { eventId: 'a' }])('after %j name what came since', (after) => {
    const { conflict } = refusal('CONFLICT', on(after), { events })
    expect(conflict).toMatchObject({ reason: 'condition', index: 1, cursor: after })
    expect(conflict.event?.id).toBe('b')
  })

  test.each(['1~b', '3~c', '9~a', { eventId: 'z' }])(
    'after %j, which the log does not hold, are refused as rewound',
    (after) => {
      const { conflict } = refusal('CONFLICT', on(after), { events })
      expect(conflict).toEqual({ reason: 'rewound', cursor: after })
    },
  )

  test('after what is no cursor are refused', () => {
    expect(refusal('INVALID_ARGUMENT', on('nonsense'), { events }).message).toMatch(
      /found "nonsense"$/u,
    )
  })
})

test('a reader has seen what its cursor names', () => {
  const { log } = view({ events: [added, closed] })
  expect(seenPosition(undefined, log)).toBe(0)
  expect(seenPosition('0', log)).toBe(0)
  expect(seenPosition('2~b', log)).toBe(2)
  expect(seenPosition({ eventId: 'a' }, log)).toBe(1)
  expect(() => seenPosition('2~a', log)).toThrow('does not hold "2~a"')
})
