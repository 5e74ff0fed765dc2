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
    ['no commit', undefined, 'commit: expected an object, found undefined'],
    ['a list', [event], 'commit: expected an object, found [{"type":"A","data":{}}]'],
    ['nothing', {}, 'commit: expected events, documents or outbox records, found {}'],
    [
      'nothing but guards',
      { ...of.expectation({ aggregate, version: 1 }), events: [] },
      'commit: expected events, documents or outbox records, found {"events":[],"expect":[{"aggregate":{"type":"wallet","id":"wal_1"},"version":1}]}',
    ],
    [
      'an unknown part',
      { event },
      'commit: expected only the keys events, conditions, expect, documents, outbox, idempotency, found "event"',
    ],
    [
      'a part named by a prototype',
      { toString: 1 },
      'commit: expected only the keys events, conditions, expect, documents, outbox, idempotency, found "toString"',
    ],
    [
      'one event',
      { events: event },
      'commit.events: expected a list, found {"type":"A","data":{}}',
    ],
    ['events that are null', { events: null }, 'commit.events: expected a list, found null'],
    ['documents as a map', { documents: {} }, 'commit.documents: expected a list, found {}'],

    [
      'an event that is null',
      { events: [null] },
      'commit.events.0: expected an object, found null',
    ],
    [
      'an event that is a text',
      { events: [event, 'A'] },
      'commit.events.1: expected an object, found "A"',
    ],
    [
      'an unknown key of an event',
      of.event({ metdata: {} }),
      'commit.events.1: expected only the keys type, data, id, metadata, aggregate, position, timestamp, found "metdata"',
    ],
    [
      'no type',
      of.event({ type: undefined }),
      'commit.events.1.type: expected a non-empty text, found undefined',
    ],
    [
      'an empty type',
      of.event({ type: '' }),
      'commit.events.1.type: expected a non-empty text, found ""',
    ],
    [
      'a type with NUL',
      of.event({ type: 'a\0' }),
      String.raw`commit.events.1.type: expected a non-empty text, found "a\u0000"`,
    ],
    [
      'an id that is a number',
      of.event({ id: 7 }),
      'commit.events.1.id: expected a non-empty text, found 7',
    ],
    [
      'an id that is null',
      of.event({ id: null }),
      'commit.events.1.id: expected a non-empty text, found null',
    ],
    [
      'an id that is a bigint',
      of.event({ id: 7n }),
      'commit.events.1.id: expected a non-empty text, found 7n',
    ],
    [
      'no data',
      of.event({ data: undefined }),
      'commit.events.1.data: expected JSON, found undefined',
    ],
    [
      'data that is no JSON',
      of.event({ data: { n: NaN } }),
      'commit.events.1.data.n: expected JSON, found NaN',
    ],
    [
      'metadata that is no JSON',
      of.event({ metadata: { a: [() => 1] } }),
      'commit.events.1.metadata.a.0: expected JSON, found an instance of Function',
    ],
    [
      'metadata that is null',
      of.event({ metadata: null }),
      'commit.events.1.metadata: expected an object, found null',
    ],
    [
      'metadata that is a list',
      of.event({ metadata: [] }),
      'commit.events.1.metadata: expected an object, found []',
    ],
    [
      'an aggregate without an id',
      of.event({ aggregate: { type: 'wallet' } }),
      'commit.events.1.aggregate.id: expected a non-empty text, found undefined',
    ],
    [
      'an aggregate that is null',
      of.event({ aggregate: null }),
      'commit.events.1.aggregate: expected an object, found null',
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
      'commit.events: expected each only once, found "x"',
    ],

    [
      'a condition that is null',
      of.condition(null),
      'commit.conditions.0: expected an object, found null',
    ],
    [
      'a misspelt after, which would guard more than was meant',
      of.condition({ streams: 'all', afer: '0' }),
      'commit.conditions.0: expected only the keys streams, after, found "afer"',
    ],
    [
      'no streams',
      of.condition({}),
      "commit.conditions.0.streams: expected 'all' or a non-empty list, found undefined",
    ],
    [
      'an empty list of streams',
      of.condition({ streams: [] }),
      "commit.conditions.0.streams: expected 'all' or a non-empty list, found []",
    ],
    [
      'a stream that names nothing',
      of.condition({ streams: [{}] }),
      'commit.conditions.0.streams.0: expected types, a filter or an aggregate, found {}',
    ],
    [
      'a stream that could never match',
      of.condition({ streams: [{ types: ['A'], filter: { cartId: undefined } }] }),
      'commit.conditions.0.streams.0.filter.cartId: expected a text, a finite number or a boolean, found undefined',
    ],
    [
      'an unknown operator',
      of.condition({ streams: [{ filter: { cartId: { like: 'c%' } } }] }),
      'Unknown operator: like (commit.conditions.0.streams.0.filter.cartId). Use one of eq, neq, in, nin, gt, gte, lt, lte',
    ],
    [
      'an after that is null',
      of.condition({ streams: 'all', after: null }),
      'commit.conditions.0.after: expected a cursor or { eventId }, found null',
    ],

    [
      'an unknown key of expect',
      of.expectation({ aggregate, v: 1 }),
      'commit.expect.0: expected only the keys aggregate, version, found "v"',
    ],
    [
      'no aggregate',
      of.expectation({ version: 1 }),
      'commit.expect.0.aggregate: expected an object, found undefined',
    ],
    [
      'no version',
      of.expectation({ aggregate }),
      'commit.expect.0.version: expected a whole number from 0, found undefined',
    ],
    [
      'a version below 0',
      of.expectation({ aggregate, version: -1 }),
      'commit.expect.0.version: expected a whole number from 0, found -1',
    ],
    [
      'a version that is a text',
      of.expectation({ aggregate, version: '1' }),
      'commit.expect.0.version: expected a whole number from 0, found "1"',
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
      String.raw`commit.expect: expected each only once, found "[\"wallet\",\"wal_1\"]"`,
    ],

    [
      'an unknown key of a document',
      of.document({ guard: 'newer' }),
      'commit.documents.0: expected only the keys type, id, data, delete, cursor, if, otherwise, found "guard"',
    ],
    [
      'a document without a type',
      of.document({ type: '' }),
      'commit.documents.0.type: expected a non-empty text, found ""',
    ],
    [
      'a document without an id',
      of.document({ id: undefined }),
      'commit.documents.0.id: expected a non-empty text, found undefined',
    ],
    [
      'a document without data',
      of.document({ data: undefined }),
      'commit.documents.0: expected either data or delete: true, found {"type":"cart","id":"cart_1"}',
    ],
    [
      'a document with data that is to be deleted',
      of.document({ delete: true }),
      'commit.documents.0: expected either data or delete: true, found {"type":"cart","id":"cart_1","data":{},"delete":true}',
    ],
    [
      'a document that is no JSON',
      of.document({ data: { n: 1n } }),
      'commit.documents.0.data.n: expected JSON, found 1n',
    ],
    [
      'a document with a cursor that is none',
      of.document({ cursor: 7 }),
      'commit.documents.0.cursor: expected a non-empty text, found 7',
    ],
    [
      'a guard that there is not',
      of.document({ if: 'older' }),
      'commit.documents.0.if: expected one of any, absent, present, newer, not-older, found "older"',
    ],
    [
      'a guard that is null',
      of.document({ if: null }),
      'commit.documents.0.if: expected one of any, absent, present, newer, not-older, found null',
    ],
    [
      'a list with such a guard',
      of.document({ if: ['absent', 7] }),
      'commit.documents.0.if.1: expected one of any, absent, present, newer, not-older, found 7',
    ],
    [
      'a revision that is none',
      of.document({ if: { revision: 1.5 } }),
      'commit.documents.0.if.revision: expected a whole number from 0, found 1.5',
    ],
    [
      'an unknown kind of guard',
      of.document({ if: { rev: 1 } }),
      'commit.documents.0.if: expected only the keys revision, found "rev"',
    ],
    [
      'newer without a cursor',
      of.document({ if: 'newer' }),
      'commit.documents.0.cursor: expected a cursor for the guard, found undefined',
    ],
    [
      'not-older without a cursor',
      of.document({ if: ['not-older'] }),
      'commit.documents.0.cursor: expected a cursor for the guard, found undefined',
    ],
    [
      'something else otherwise',
      of.document({ otherwise: 'ignore' }),
      'commit.documents.0.otherwise: expected one of refuse, skip, found "ignore"',
    ],
    [
      'a document twice',
      { documents: [document, { type: 'cart', id: 'cart_1', delete: true }] },
      String.raw`commit.documents: expected each only once, found "[\"cart\",\"cart_1\"]"`,
    ],

    [
      'an unknown key of a record',
      of.outbox({ to: 'x' }),
      'commit.outbox.0: expected only the keys type, data, id, event, orderKey, found "to"',
    ],
    [
      'a record without a type',
      of.outbox({ type: null }),
      'commit.outbox.0.type: expected a non-empty text, found null',
    ],
    [
      'a record without data',
      of.outbox({ data: undefined }),
      'commit.outbox.0.data: expected JSON, found undefined',
    ],
    [
      'a record that is no JSON',
      of.outbox({ data: Infinity }),
      'commit.outbox.0.data: expected JSON, found Infinity',
    ],
    [
      'a record of no event',
      of.outbox({ event: 1 }),
      'commit.outbox.0.event: expected the index of an event, found 1',
    ],
    [
      'a record of event -1',
      of.outbox({ event: -1 }),
      'commit.outbox.0.event: expected a whole number from 0, found -1',
    ],
    [
      'a record of event "0.5"',
      of.outbox({ event: 0.5 }),
      'commit.outbox.0.event: expected a whole number from 0, found 0.5',
    ],
    [
      'an empty order key',
      of.outbox({ orderKey: '' }),
      'commit.outbox.0.orderKey: expected a non-empty text, found ""',
    ],
    [
      'an order key that is no text',
      of.outbox({ orderKey: 7 }),
      'commit.outbox.0.orderKey: expected a non-empty text, found 7',
    ],
    [
      'a record id twice',
      {
        outbox: [
          { id: 'x', type: 'M', data: 1 },
          { id: 'x', type: 'M', data: 2 },
        ],
      },
      'commit.outbox: expected each only once, found "x"',
    ],

    [
      'an idempotency that is a text',
      of.key('k'),
      'commit.idempotency: expected an object, found "k"',
    ],
    [
      'an idempotency that is null',
      of.key(null),
      'commit.idempotency: expected an object, found null',
    ],
    [
      'no idempotency key',
      of.key({}),
      'commit.idempotency.key: expected a non-empty text, found undefined',
    ],
    [
      'an unknown key of it',
      of.key({ key: 'k', print: 'f' }),
      'commit.idempotency: expected only the keys key, fingerprint, found "print"',
    ],
    [
      'an empty fingerprint',
      of.key({ key: 'k', fingerprint: '' }),
      'commit.idempotency.fingerprint: expected a non-empty text, found ""',
    ],
  ])('%s', (_, commit, message) => {
    const found = refusal(commit).replace('string without NUL and lone surrogates', 'text')
    expect(found).toBe(`INVALID_ARGUMENT: ${message}`)
  })

  test('the same type and id in other places are not twice', () => {
    const documents = [
      { ...document, type: 'a b', id: 'c' },
      { ...document, type: 'a', id: 'b c' },
    ]
    expect(prepareCommit({ documents }, rules).documents).toHaveLength(2)
  })
})
