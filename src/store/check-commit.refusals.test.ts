import { describe, expect, test } from 'vitest'
import { prepareCommit } from './check-commit.ts'
import { document, event, refusal, rules } from './commits.fixture.ts'

describe('what every store refuses', () => {
  const of = {
    event: (changes: object) => ({ events: [event, { ...event, ...changes }] }),
    condition: (condition: unknown) => ({ events: [event], conditions: [condition] }),
    expectation: (expectation: unknown) => ({ events: [event], expect: [expectation] }),
    document: (changes: object) => ({ documents: [{ ...document, ...changes }] }),
    outbox: (changes: object) => ({
      events: [event],
      outbox: [{ type: 'MAIL', data: {}, ...changes }],
    }),
    key: (idempotency: unknown) => ({ events: [event], idempotency }),
  }
  const aggregate = { type: 'wallet', id: 'wal_1' }

  test.each<[string, unknown, string]>([
    ['no commit', undefined, 'the commit must be an object, found undefined'],
    ['a list', [event], 'the commit must be an object, found [{"type":"A","data":{}}]'],
    ['nothing', {}, 'the commit is empty: give events, documents or outbox records'],
    [
      'nothing but guards',
      { ...of.expectation({ aggregate, version: 1 }), events: [] },
      'the commit',
    ],
    [
      'an unknown part',
      { event },
      'the commit has the unknown key "event": it takes events, conditions, expect, documents, outb',
    ],
    ['a part named by a prototype', { toString: 1 }, 'the commit has the unknown key "toString"'],
    ['one event', { events: event }, `the commit's events must be a list, found {"type":"A"`],
    ['events that are null', { events: null }, "the commit's events must be a list, found null"],
    ['documents as a map', { documents: {} }, "the commit's documents must be a list, found {}"],

    ['an event that is null', { events: [null] }, 'event 0 must be an object, found null'],
    ['an event that is a text', { events: [event, 'A'] }, 'event 1 must be an object, found "A"'],
    [
      'an unknown key of an event',
      of.event({ metdata: {} }),
      'event 1 has the unknown key "metdata": it takes id, type, data, metadata, aggregate',
    ],
    [
      'no type',
      of.event({ type: undefined }),
      'event 1: type must be a string that is not empty, found undefined',
    ],
    ['an empty type', of.event({ type: '' }), 'event 1: type must be a string that is not empty'],
    ['a type with NUL', of.event({ type: 'a\0' }), 'event 1: type holds a NUL character'],
    ['an id that is a number', of.event({ id: 7 }), 'event 1: id must be a string that is not'],
    [
      'an id that is null',
      of.event({ id: null }),
      'event 1: id must be a string that is not empty',
    ],
    [
      'an id that is a bigint',
      of.event({ id: 7n }),
      'event 1: id must be a string that is not empty, found 7n',
    ],
    ['no data', of.event({ data: undefined }), 'event 1 (A) has no data: give {} or null'],
    [
      'data that is no JSON',
      of.event({ data: { n: NaN } }),
      'event 1 (A): data at n is NaN, which',
    ],
    [
      'metadata that is no JSON',
      of.event({ metadata: { a: [() => 1] } }),
      'event 1 (A): metadata at a[0] is a function, which JSON cannot keep: convert it first',
    ],
    [
      'metadata that is null',
      of.event({ metadata: null }),
      'event 1 (A): metadata must be an object, found null',
    ],
    [
      'metadata that is a list',
      of.event({ metadata: [] }),
      'event 1 (A): metadata must be an object',
    ],
    [
      'an aggregate without an id',
      of.event({ aggregate: { type: 'wallet' } }),
      'event 1: an aggregate has a type and an id, found {"type":"wallet"}',
    ],
    [
      'an aggregate that is null',
      of.event({ aggregate: null }),
      'event 1: an aggregate has a type',
    ],
    [
      'an event id twice',
      {
        events: [
          { ...event, id: 'x' },
          { ...event, id: 'y' },
          { ...event, id: 'x' },
        ],
      },
      'the event id x is in the commit twice',
    ],

    ['a condition that is null', of.condition(null), 'condition 0 must be an object, found null'],
    [
      'a misspelt after, which would guard more than was meant',
      of.condition({ streams: 'all', afer: '0' }),
      'condition 0 has the unknown key "afer": it takes streams, after',
    ],
    [
      'no streams',
      of.condition({}),
      "condition 0: streams must be a list or 'all', found undefined",
    ],
    [
      'an empty list of streams',
      of.condition({ streams: [] }),
      'condition 0: the list of streams is',
    ],
    ['a stream that names nothing', of.condition({ streams: [{}] }), 'condition 0, stream 0 names'],
    [
      'a stream that could never match',
      of.condition({ streams: [{ types: ['A'], filter: { cartId: undefined } }] }),
      'condition 0, stream 0: filter key "cartId" is undefined: it could never match, so the ' +
        'condition would guard nothing',
    ],
    [
      'an unknown operator',
      of.condition({ streams: [{ filter: { cartId: { like: 'c%' } } }] }),
      'Unknown operator: like (condition 0, stream 0: filter key "cartId"); use one of eq, neq',
    ],
    [
      'an after that is null',
      of.condition({ streams: 'all', after: null }),
      'condition 0: after is a cursor or { eventId }, found null: leave it out to start at the',
    ],

    [
      'an unknown key of expect',
      of.expectation({ aggregate, v: 1 }),
      'expect 0 has the unknown key',
    ],
    ['no aggregate', of.expectation({ version: 1 }), 'expect 0: an aggregate has a type and an id'],
    [
      'no version',
      of.expectation({ aggregate }),
      'expect 0: a version is a whole number from 0, fo',
    ],
    [
      'a version below 0',
      of.expectation({ aggregate, version: -1 }),
      'expect 0: a version is a whole number from 0, found -1',
    ],
    [
      'a version that is a text',
      of.expectation({ aggregate, version: '1' }),
      'expect 0: a version',
    ],
    [
      'an aggregate expected twice',
      {
        events: [event],
        expect: [
          { aggregate, version: 1 },
          { aggregate: { ...aggregate }, version: 2 },
        ],
      },
      'the expected aggregate ["wallet","wal_1"] is in the commit twice',
    ],

    [
      'an unknown key of a document',
      of.document({ guard: 'newer' }),
      'document 0 has the unknown key',
    ],
    [
      'a document without a type',
      of.document({ type: '' }),
      'document 0: type must be a string that',
    ],
    ['a document without an id', of.document({ id: undefined }), 'document 0: id must be a string'],
    [
      'a document without data',
      of.document({ data: undefined }),
      'document 0 (cart cart_1): give either data or delete: true',
    ],
    [
      'a document with data that is to be deleted',
      of.document({ delete: true }),
      'document 0 (cart cart_1): give either data or delete: true',
    ],
    [
      'a document that is no JSON',
      of.document({ data: { n: 1n } }),
      'document 0 (cart cart_1): data at n is a bigint, which JSON cannot keep',
    ],
    [
      'a document with a cursor that is none',
      of.document({ cursor: 7 }),
      'document 0 (cart cart_1): cursor must be a string that is not empty, found 7',
    ],
    [
      'a guard that there is not',
      of.document({ if: 'older' }),
      'document 0 (cart cart_1): unknown guard "older": use any, absent, present, newer, not-older ' +
        'or { revision }',
    ],
    [
      'a guard that is null',
      of.document({ if: null }),
      'document 0 (cart cart_1): unknown guard null',
    ],
    [
      'a list with such a guard',
      of.document({ if: ['absent', 7] }),
      'document 0 (cart cart_1): unkn',
    ],
    [
      'a revision that is none',
      of.document({ if: { revision: 1.5 } }),
      'document 0 (cart cart_1): a revision is a whole number from 0, found 1.5',
    ],
    [
      'an unknown kind of guard',
      of.document({ if: { rev: 1 } }),
      'document 0 (cart cart_1): a revisi',
    ],
    [
      'newer without a cursor',
      of.document({ if: 'newer' }),
      "document 0 (cart cart_1): the guard 'newer' compares cursors: give the cursor that data",
    ],
    [
      'not-older without a cursor',
      of.document({ if: ['not-older'] }),
      'document 0 (cart cart_1): the',
    ],
    [
      'something else otherwise',
      of.document({ otherwise: 'ignore' }),
      `document 0 (cart cart_1): otherwise is 'refuse' or 'skip', found "ignore"`,
    ],
    [
      'a document twice',
      { documents: [document, { type: 'cart', id: 'cart_1', delete: true }] },
      'the document ["cart","cart_1"] is in the commit twice',
    ],

    [
      'an unknown key of a record',
      of.outbox({ to: 'x' }),
      'outbox record 0 has the unknown key "to"',
    ],
    [
      'a record without a type',
      of.outbox({ type: null }),
      'outbox record 0: type must be a string',
    ],
    ['a record without data', of.outbox({ data: undefined }), 'outbox record 0 (MAIL) has no data'],
    [
      'a record that is no JSON',
      of.outbox({ data: Infinity }),
      'outbox record 0 (MAIL): data is Inf',
    ],
    [
      'a record of no event',
      of.outbox({ event: 1 }),
      'outbox record 0 (MAIL): event is the index of an event of the commit, found 1',
    ],
    [
      'a record of event -1',
      of.outbox({ event: -1 }),
      'outbox record 0 (MAIL): event is the index',
    ],
    [
      'a record of event "0.5"',
      of.outbox({ event: 0.5 }),
      'outbox record 0 (MAIL): event is the ind',
    ],
    [
      'an empty order key',
      of.outbox({ orderKey: '' }),
      'outbox record 0 (MAIL): orderKey must be a string that is not empty, found ""',
    ],
    [
      'an order key that is no text',
      of.outbox({ orderKey: 7 }),
      'outbox record 0 (MAIL): orderKey',
    ],
    [
      'a record id twice',
      {
        outbox: [
          { id: 'x', type: 'M', data: 1 },
          { id: 'x', type: 'M', data: 2 },
        ],
      },
      'the outbox record id x is in the commit twice',
    ],

    ['an idempotency that is a text', of.key('k'), 'idempotency must be an object, found "k"'],
    ['an idempotency that is null', of.key(null), 'idempotency must be an object, found null'],
    ['no idempotency key', of.key({}), 'the idempotency key must be a string that is not empty'],
    ['an unknown key of it', of.key({ key: 'k', print: 'f' }), 'idempotency has the unknown key'],
    [
      'an empty fingerprint',
      of.key({ key: 'k', fingerprint: '' }),
      'the fingerprint must be a string',
    ],
  ])('%s', (_, commit, message) => {
    const expected = `INVALID_ARGUMENT: ${message}`
    expect(refusal(commit).slice(0, expected.length)).toBe(expected)
  })

  test('the same type and id in other places are not twice', () => {
    const documents = [
      { ...document, type: 'a b', id: 'c' },
      { ...document, type: 'a', id: 'b c' },
    ]
    expect(prepareCommit({ documents }, rules).documents).toHaveLength(2)
  })
})
