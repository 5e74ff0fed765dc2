import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprintOf, prepareCommit, type CommitRules } from './check-commit.ts'
import type { Commit } from './commit.ts'
import { document, event, refusal, rules } from './commits.fixture.ts'
import { dateCodec } from './json.ts'
import { streams as anyStreams } from './streams.fixture.ts'

const prepare = (commit: Commit, changed: Partial<CommitRules> = {}) =>
  prepareCommit(commit, { ...rules, ...changed })

describe('a commit that can be written', () => {
  test('is encoded, with all defaults filled in', () => {
    const prepared = prepare({
      events: [{ type: 'ITEM_ADDED', data: { cartId: 'c', n: 1, gone: undefined } }],
    })
    expect(prepared).toStrictEqual({
      events: [
        {
          id: expect.stringMatching(/^[0-9A-Z]{26}$/u),
          type: 'ITEM_ADDED',
          data: { cartId: 'c', n: 1 },
          json: '{"cartId":"c","n":1}',
          metadata: {},
          metadataJson: '{}',
          aggregate: undefined,
          keys: ['cartId=s:c'],
        },
      ],
      conditions: [],
      expect: [],
      documents: [],
      outbox: [],
      idempotency: undefined,
    })
  })

  test('keeps what it was given', () => {
    const aggregate = { type: 'wallet', id: 'wal_1' }
    const conditions = [
      { streams: [{ types: ['A'] }], after: '7~x' },
      { streams: 'all' as const, after: { eventId: 'x' } },
    ]
    const given = { id: 'my-id', type: 'A', data: null, metadata: { actorId: 'u' }, aggregate }
    const prepared = prepare({
      events: [given],
      conditions,
      expect: [{ aggregate, version: 0 }],
      idempotency: { key: 'k', fingerprint: 'f' },
    })
    expect(prepared.events[0]).toMatchObject({ ...given, json: 'null', keys: [] })
    expect(prepared.conditions).toStrictEqual(conditions)
    expect(prepared.expect).toStrictEqual([{ aggregate, version: 0 }])
    expect(prepared.idempotency).toStrictEqual({ key: 'k', fingerprint: 'f' })
  })

  test('may have parts that are undefined or empty', () => {
    const prepared = prepare({
      events: [{ id: undefined, type: 'A', data: 1, metadata: undefined, aggregate: undefined }],
      conditions: undefined,
      expect: [],
      documents: undefined,
      outbox: [],
      idempotency: undefined,
    })
    expect(prepared.events).toHaveLength(1)
  })

  test('may consist of documents, or of outbox records, alone', () => {
    expect(prepare({ documents: [document] }).documents).toHaveLength(1)
    expect(prepare({ outbox: [{ type: 'MAIL', data: {} }] }).outbox).toHaveLength(1)
  })

  test('may hold events of another log: their place and time there are left behind', () => {
    const stored = { ...event, id: 'x', metadata: {}, position: 7, timestamp: '2030-01-01' }
    const aggregate = { type: 'wallet', id: 'wal_1', version: 3 }
    const prepared = prepare({ events: [{ ...stored, aggregate }] })
    expect(prepared.events[0]).not.toHaveProperty('position')
    expect(prepared.events[0]?.aggregate).toStrictEqual({ type: 'wallet', id: 'wal_1' })
  })

  test('does not change when what was given does', () => {
    const data = { cartId: 'c', tags: ['a'] }
    const types = ['A']
    const values = ['c']
    const after = { eventId: 'x' }
    const aggregate = { type: 'wallet', id: 'wal_1' }
    const streams = [{ types, filter: { cartId: { in: values } } }]
    const prepared = prepare({
      events: [{ type: 'A', data, aggregate }],
      conditions: [{ streams, after }],
      expect: [{ aggregate, version: 0 }],
    })
    const before = structuredClone(prepared)
    data.tags.push('b')
    types.push('B')
    values.push('d')
    after.eventId = 'y'
    aggregate.id = 'wal_2'
    streams.pop()
    expect(prepared).toStrictEqual(before)
  })

  test('shares no part of a condition that may change', () => {
    const shared = (left: unknown, right: unknown): boolean =>
      typeof left === 'object' &&
      left !== null &&
      (left === right ||
        Object.keys(left).some((key) => shared((left as never)[key], (right as never)[key])))
    fc.assert(
      fc.property(anyStreams, (stream) => {
        const conditions = [{ streams: [stream] }]
        fc.pre(refusal({ events: [event], conditions }) === 'it was taken')
        const prepared = prepare({ events: [event], conditions })
        expect(isDeepStrictEqual(prepared.conditions, structuredClone(conditions))).toBe(true)
        expect(shared(prepared.conditions, conditions)).toBe(false)
      }),
    )
  })

  test('is encoded by the codec of the store', () => {
    const when = new Date(0)
    const commit = {
      events: [{ type: 'A', data: { when }, metadata: { when } }],
      documents: [{ ...document, data: { when } }],
      outbox: [{ type: 'MAIL', data: { when } }],
    }
    const json = '{"when":{"$date":"1970-01-01T00:00:00.000Z"}}'
    const { events, documents, outbox } = prepare(commit, { codec: dateCodec })
    expect(events[0]).toMatchObject({
      json,
      data: { when },
      metadata: { when },
      metadataJson: json,
    })
    expect(documents[0]?.json).toBe(json)
    expect(outbox[0]?.json).toBe(json)
    expect(refusal(commit)).toMatch(
      /^INVALID_ARGUMENT: commit\.events\.0\.data\.when: expected JSON or codec: dateCodec/u,
    )
  })
})

describe('documents', () => {
  const prepared = (write: object) =>
    prepare({ documents: [{ ...document, ...write }] }).documents[0]

  test('are written without a guard, and refuse, where nothing else is said', () => {
    expect(prepared({})).toStrictEqual({
      type: 'cart',
      id: 'cart_1',
      json: '{}',
      cursor: undefined,
      guards: [],
      otherwise: 'refuse',
    })
  })

  test('take one guard or several; any is none', () => {
    expect(prepared({ if: 'any' })?.guards).toEqual([])
    expect(prepared({ if: 'absent' })?.guards).toEqual(['absent'])
    expect(prepared({ if: ['present', 'newer'], cursor: '0' })?.guards).toEqual([
      'present',
      'newer',
    ])
    expect(prepared({ if: { revision: 0 }, otherwise: 'skip' })).toMatchObject({
      guards: [{ revision: 0 }],
      otherwise: 'skip',
    })
  })

  test('may be deleted, and may be null', () => {
    expect(prepared({ data: undefined, delete: true })?.json).toBeUndefined()
    expect(prepared({ data: null })?.json).toBe('null')
  })
})

describe('outbox records', () => {
  const aggregate = { type: 'wallet', id: 'wal_1' }
  const ofFirst = { type: 'MAIL', data: {} }
  const first = { type: 'A', data: { note: 1, cartId: 'c', userId: 'u' } }

  test('belong to the first event, in the order of its aggregate, else of its first key', () => {
    expect(prepare({ events: [first, event], outbox: [ofFirst] }).outbox[0]).toStrictEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/u),
      type: 'MAIL',
      json: '{}',
      event: 0,
      orderKey: 'cartId=s:c',
    })
    const { outbox } = prepare({ events: [{ ...first, aggregate }], outbox: [ofFirst] })
    expect(outbox[0]?.orderKey).toBe('["wallet","wal_1"]')
  })

  test('or to the event and in the order that is given', () => {
    const record = { ...ofFirst, id: 'r', event: 1, orderKey: 'mine' }
    const { outbox } = prepare({ events: [first, event], outbox: [record] })
    expect(outbox[0]).toMatchObject({ id: 'r', event: 1, orderKey: 'mine' })
  })

  test('without an event, or an event without a key, have no order', () => {
    expect(prepare({ outbox: [ofFirst] }).outbox[0]).toMatchObject({
      event: undefined,
      orderKey: undefined,
    })
    const { outbox } = prepare({ events: [event], outbox: [ofFirst] })
    expect(outbox[0]).toMatchObject({ event: 0, orderKey: undefined })
  })
})

describe('the fingerprint', () => {
  const print = (commit: Commit) => prepare({ ...commit, idempotency: { key: 'k' } }).idempotency
  const same = (left: Commit, right: Commit) =>
    print(left)?.fingerprint === print(right)?.fingerprint

  test('is one of types, data and aggregates', () => {
    const aggregate = { type: 'wallet', id: '1' }
    const commit = { events: [{ ...event, aggregate }] }
    expect(same(commit, { events: [{ ...event, aggregate: { ...aggregate } }] })).toBe(true)
    expect(same(commit, { events: [event] })).toBe(false)
    expect(same(commit, { events: [{ ...event, aggregate: { ...aggregate, id: '2' } }] })).toBe(
      false,
    )
    expect(same(commit, { events: [{ ...event, type: 'B', aggregate }] })).toBe(false)
    expect(same(commit, { events: [{ ...event, data: { a: 1 }, aggregate }] })).toBe(false)
    expect(same(commit, { events: [...commit.events, ...commit.events] })).toBe(false)
  })

  test('not of ids, metadata, conditions or the order of keys', () => {
    const data = { a: 1, b: { c: 2, d: 3 } }
    const again = { b: { d: 3, c: 2 }, a: 1, e: undefined }
    expect(
      same(
        { events: [{ id: 'x', type: 'A', data, metadata: { actorId: 'u' } }] },
        { events: [{ type: 'A', data: again }], conditions: [{ streams: 'all' }] },
      ),
    ).toBe(true)
  })

  test('of documents and outbox records where there are no events', () => {
    expect(same({ documents: [document] }, { documents: [{ ...document }] })).toBe(true)
    expect(same({ documents: [document] }, { documents: [{ ...document, data: 1 }] })).toBe(false)
    expect(same({ documents: [document] }, { documents: [{ ...document, id: 'c' }] })).toBe(false)
    const outbox = [{ type: 'M', data: 1 }]
    expect(same({ outbox }, { outbox: [{ type: 'M', data: 1, id: 'x' }] })).toBe(true)
    expect(same({ outbox }, { outbox: [{ type: 'M', data: 2 }] })).toBe(false)
  })

  test('can be made for a commit without a key', () => {
    expect(fingerprintOf(prepare({ events: [event] }))).toBe(
      print({ events: [event] })?.fingerprint,
    )
  })
})
