import { describe, expect, test } from 'vitest'
import type { StoredEvent } from '../event/event.ts'
import { prepareCommit } from './check-commit.ts'
import type { Commit, Committed } from './commit.ts'
import { rules } from './commits.fixture.ts'
import { START } from './cursor.ts'
import type { DocumentGuard } from './document.ts'
import { isEventfoldError, type ErrorCode, type ErrorOfCode } from './errors.ts'
import { answered, judge, seenPosition, type DocumentState, type LogView } from './judge.ts'
import { compileStreams } from './matches.ts'

interface Log {
  readonly events?: readonly Omit<StoredEvent, 'metadata' | 'position' | 'timestamp'>[]
  readonly documents?: Readonly<Record<string, DocumentState>>
  readonly answers?: Readonly<Record<string, { fingerprint: string; committed: Committed }>>
}

/** A log as the judge sees it, and what it was asked. */
function view({ events = [], documents = {}, answers = {} }: Log = {}) {
  const asked: string[] = []
  const stored = events.map((event, index): StoredEvent => {
    return { ...event, metadata: {}, position: index + 1, timestamp: '2030-01-01T00:00:00.000Z' }
  })
  const log: LogView = {
    head: () => stored.at(-1) ?? START,
    idAt: (position) => stored[position - 1]?.id,
    eventById: (id) => stored.find((event) => event.id === id),
    answerTo: (key) => {
      asked.push('answer')
      return answers[key]
    },
    versionOf: ({ type, id }) => {
      asked.push('version')
      const own = stored.filter(({ aggregate }) => aggregate?.type === type && aggregate.id === id)
      return own.at(-1)?.aggregate?.version ?? 0
    },
    firstMatch: (streams, after) => {
      asked.push('match')
      return stored.find((event) => event.position > after && compileStreams(streams)(event))
    },
    documentState: (type, id) => {
      asked.push('document')
      return documents[`${type}/${id}`]
    },
  }
  return { log, asked }
}

const verdictOn = (commit: Commit, log: Log = {}) =>
  judge(
    prepareCommit(commit, { ...rules, limits: { eventBytes: 1e6, commitEvents: 10 } }),
    view(log).log,
  )

/** The error that the judge throws, of the code that is expected. */
function refusal<Code extends ErrorCode>(code: Code, commit: Commit, log: Log): ErrorOfCode<Code> {
  try {
    verdictOn(commit, log)
  } catch (error) {
    if (isEventfoldError(error, code)) return error
    throw error
  }
  throw new Error('it was let through')
}

const added = { id: 'a', type: 'ADDED', data: { cartId: 'c', n: 1 } }
const closed = { id: 'b', type: 'CLOSED', data: { cartId: 'c' } }
const event = { type: 'ADDED', data: { cartId: 'c', n: 2 } }
const wallet = { type: 'wallet', id: 'w' }
const state: DocumentState = { revision: 2, cursor: '1~a', deleted: false }

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
        message:
          'the idempotency key "k" was used with other content: use a new key for a new command',
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
    expect(error.message).toBe('event a is stored with other content: give a new event a new id')
    expect(error.key).toBe('a')
  })

  test('beside unknown ones are refused, in any order', () => {
    const unknown = { ...event, id: 'z' }
    const message = 'event a is stored, event z of the same commit is not: give new events new ids'
    for (const mixed of [
      [added, unknown],
      [unknown, added],
    ]) {
      const error = refusal('IDEMPOTENCY_MISMATCH', { events: mixed }, { events })
      expect(error.message).toBe(message)
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
      /^"nonsense" is not a cursor of this store/u,
    )
  })
})

test('a reader has seen what its cursor names', () => {
  const { log } = view({ events: [added, closed] })
  expect(seenPosition(undefined, log)).toBe(0)
  expect(seenPosition('0', log)).toBe(0)
  expect(seenPosition('2~b', log)).toBe(2)
  expect(seenPosition({ eventId: 'a' }, log)).toBe(1)
  expect(() => seenPosition('2~a', log)).toThrow('the log does not hold what was read up to "2~a"')
})

describe('document guards', () => {
  const events = [added, closed]
  const deleted: DocumentState = { ...state, deleted: true }
  const bare: DocumentState = { ...state, cursor: undefined }

  /** `undefined` where the guard holds. */
  function guarded(guard: DocumentGuard, found: DocumentState | undefined, cursor = '1~a') {
    const write = { type: 'cart', id: 'c', data: {}, cursor, if: guard, otherwise: 'skip' as const }
    const verdict = verdictOn(
      { documents: [write] },
      { events, documents: found ? { 'cart/c': found } : {} },
    )
    return verdict.replayed === undefined && verdict.documents[0]?.status !== 'skipped'
  }

  test.each<[DocumentGuard, string, DocumentState | undefined, string, boolean]>([
    ['any', 'nothing', undefined, '1~a', true],
    ['any', 'a document', state, '0', true],
    ['absent', 'nothing', undefined, '1~a', true],
    ['absent', 'a document', state, '1~a', false],
    ['absent', 'a deleted one', deleted, '1~a', true],
    ['present', 'nothing', undefined, '1~a', false],
    ['present', 'a document', state, '0', true],
    ['present', 'a deleted one', deleted, '2~b', false],
    ['newer', 'nothing', undefined, '0', true],
    ['newer', 'one without a cursor', bare, '0', true],
    ['newer', 'an older one', state, '2~b', true],
    ['newer', 'one as old', state, '1~a', false],
    ['newer', 'a newer one', state, '0', false],
    ['newer', 'an older one that was deleted', deleted, '2~b', true],
    ['newer', 'one as old that was deleted', deleted, '1~a', false],
    ['not-older', 'nothing', undefined, '0', true],
    ['not-older', 'an older one', state, '2~b', true],
    ['not-older', 'one as old', state, '1~a', true],
    ['not-older', 'a newer one', state, '0', false],
    ['not-older', 'one as old that was deleted', deleted, '1~a', false],
    ['newer', 'one of a log that was rewound', { ...state, cursor: '2~gone' }, '1~a', true],
    ['not-older', 'one of a longer log', { ...state, cursor: '9~gone' }, '1~a', true],
    [{ revision: 0 }, 'nothing', undefined, '1~a', true],
    [{ revision: 1 }, 'nothing', undefined, '1~a', false],
    [{ revision: 2 }, 'a document', state, '0', true],
    [{ revision: 1 }, 'a document', state, '0', false],
    [{ revision: 2 }, 'a deleted one', deleted, '0', true],
    [{ revision: 0 }, 'a deleted one', deleted, '0', false],
  ])('%j where there is %s', (guard, _, found, cursor, holds) => {
    expect(guarded(guard, found, cursor)).toBe(holds)
  })

  test('must all hold; the first that does not is named', () => {
    const write = { type: 'cart', id: 'c', data: {}, if: ['present', { revision: 1 }] as const }
    const documents = { 'cart/c': state }
    const commit: Commit = { documents: [{ ...write, id: 'other', if: 'absent' }, write] }
    expect(refusal('CONFLICT', commit, { documents }).conflict).toEqual({
      reason: 'document',
      index: 1,
      document: { type: 'cart', id: 'c' },
      guard: { revision: 1 },
      actual: 2,
      deleted: false,
    })
  })

  test('a cursor that the log does not hold is refused, also without a guard', () => {
    const write = { type: 'cart', id: 'c', data: {}, cursor: '2~x', otherwise: 'skip' as const }
    expect(refusal('CONFLICT', { documents: [write] }, { events }).conflict).toEqual({
      reason: 'rewound',
      cursor: '2~x',
    })
  })
})

describe('what becomes of a document', () => {
  const target = { type: 'cart', id: 'c' }
  const deleted: DocumentState = { ...state, deleted: true }
  const write = { ...target, data: {} }
  const remove = { ...target, delete: true } as const

  test.each([
    ['written anew', write, undefined, 'created', 1],
    ['written again', write, state, 'updated', 3],
    ['written after a delete', write, deleted, 'created', 3],
    ['deleted', remove, state, 'deleted', 3],
    ['deleted where there is none', remove, undefined, 'skipped', 0],
    ['deleted twice', remove, deleted, 'skipped', 2],
    [
      'deleted with a cursor where there is none',
      { ...remove, cursor: '0' },
      undefined,
      'deleted',
      1,
    ],
    ['deleted with a cursor twice', { ...remove, cursor: '0' }, deleted, 'deleted', 3],
    ['skipped', { ...write, if: 'absent', otherwise: 'skip' }, state, 'skipped', 2],
  ] as const)('%s', (_, given, found, status, revision) => {
    const verdict = verdictOn(
      { documents: [given] },
      { documents: found ? { 'cart/c': found } : {} },
    )
    expect(verdict).toEqual({ documents: [{ ...target, status, revision }], versions: [] })
  })
})
