import { describe, expectTypeOf, test } from 'vitest'
import type { StoredEvent } from '../event/event.ts'
import type { Commit, Committed, Condition } from './commit.ts'
import type { DocumentQuery, DocumentWrite } from './document.ts'
import type { EventStore, Loaded, LoadOptions, ReadOptions } from './store.ts'
import type { After, DataFilter, FilterEntry, Operators, Stream, Streams } from './stream.ts'

/** What most code holds in its hands: perhaps there, perhaps not. */
const text = undefined as string | undefined
const count = undefined as number | undefined
const signal = undefined as AbortSignal | undefined
const after = undefined as After | undefined

describe('what may be left out may also be undefined', () => {
  test('in a commit', () => {
    const commit = {
      events: undefined as [] | undefined,
      conditions: [{ streams: 'all', after }],
      expect: undefined,
      documents: [
        { type: 'cart', id: 'c', data: {}, cursor: text, if: undefined, otherwise: undefined },
      ],
      outbox: [{ id: text, type: 'MAIL', data: {}, event: count, orderKey: text }],
      idempotency: { key: 'k', fingerprint: text },
    } as const
    expectTypeOf(commit).toExtend<Commit>()
    expectTypeOf({ idempotency: undefined }).toExtend<Commit>()
  })

  test('in the options of reads, loads and queries', () => {
    const read = { after, limit: count, backwards: undefined, signal }
    expectTypeOf(read).toExtend<ReadOptions>()
    const load = { after, fromVersion: count, toVersion: count, idempotency: undefined, signal }
    expectTypeOf(load).toExtend<LoadOptions>()
    const query = { type: 'cart', filter: undefined, order: undefined, limit: count, after: text }
    expectTypeOf(query).toExtend<DocumentQuery>()
  })

  test('in a stream, but not in a filter, where it would match nothing', () => {
    expectTypeOf({
      types: undefined,
      filter: undefined,
      aggregate: undefined,
    }).toExtend<Stream>()
    expectTypeOf({ cartId: text }).not.toExtend<DataFilter>()
    expectTypeOf({ cartId: null }).not.toExtend<DataFilter>()
    expectTypeOf({ eq: text }).not.toExtend<Operators>()
    expectTypeOf({ in: undefined }).not.toExtend<Operators>()
  })
})

describe('a filter', () => {
  test('takes scalars, lists and operators', () => {
    expectTypeOf<string | number | boolean>().toExtend<FilterEntry>()
    expectTypeOf<readonly (string | number)[]>().toExtend<FilterEntry>()
    expectTypeOf({ gte: 1, lt: 7 }).toExtend<FilterEntry>()
    expectTypeOf({ in: ['a'], neq: true }).toExtend<FilterEntry>()
  })

  test('takes nothing else', () => {
    expectTypeOf<Date>().not.toExtend<FilterEntry>()
    expectTypeOf<bigint>().not.toExtend<FilterEntry>()
    expectTypeOf<{ in: string }>().not.toExtend<Operators>()
    expectTypeOf<(string | undefined)[]>().not.toExtend<FilterEntry>()
    // @ts-expect-error there is no such operator
    const unknown: DataFilter = { cartId: { like: 'c%' } }
    expectTypeOf(unknown).toEqualTypeOf<DataFilter>()
  })

  test('orders no booleans', () => {
    expectTypeOf<{ gt: boolean }>().not.toExtend<Operators>()
    expectTypeOf<{ lte: true }>().not.toExtend<Operators>()
    expectTypeOf<Operators<number>>().toEqualTypeOf<{
      readonly eq?: number
      readonly neq?: number
      readonly in?: readonly number[]
      readonly nin?: readonly number[]
      readonly gt?: number
      readonly gte?: number
      readonly lt?: number
      readonly lte?: number
    }>()
  })
})

describe('streams', () => {
  test('are a list, or all', () => {
    expectTypeOf<'all'>().toExtend<Streams>()
    expectTypeOf<readonly { types: string[] }[]>().toExtend<Streams>()
    expectTypeOf<'ALL'>().not.toExtend<Streams>()
    expectTypeOf<{ types: string[] }>().not.toExtend<Streams>()
  })

  test('have no other keys', () => {
    // @ts-expect-error misspelt
    const stream: Stream = { types: ['A'], filer: { cartId: 'c' } }
    // @ts-expect-error misspelt
    const condition: Condition = { streams: 'all', afer: '0' }
    expectTypeOf([stream, condition]).toBeArray()
  })
})

describe('a document', () => {
  const target = { type: 'cart', id: 'c' }

  test('is written with data, or deleted', () => {
    expectTypeOf({ ...target, data: null }).toExtend<DocumentWrite>()
    expectTypeOf({ ...target, delete: true as const }).toExtend<DocumentWrite>()
    expectTypeOf(target).not.toExtend<DocumentWrite>()
    expectTypeOf({ ...target, data: 1, delete: true as const }).not.toExtend<DocumentWrite>()
    expectTypeOf({ ...target, delete: false }).not.toExtend<DocumentWrite>()
  })

  test('has guards that there are', () => {
    expectTypeOf({
      ...target,
      data: 1,
      if: ['newer', { revision: 1 }] as const,
    }).toExtend<DocumentWrite>()
    expectTypeOf({ ...target, data: 1, if: 'older' as const }).not.toExtend<DocumentWrite>()
  })
})

test('a store can be written as a plain object of functions', () => {
  type Method = EventStore['commit'] | EventStore['load'] | EventStore['close']
  expectTypeOf<Method>().toBeFunction()
  expectTypeOf<EventStore['commit']>().returns.resolves.toEqualTypeOf<Committed>()
  expectTypeOf<EventStore['load']>().returns.resolves.toEqualTypeOf<Loaded>()
  expectTypeOf<EventStore['read']>().returns.toEqualTypeOf<AsyncIterable<StoredEvent>>()
  expectTypeOf<Pick<EventStore, 'within' | 'watch'>>().toEqualTypeOf<{
    readonly within?: (transaction: unknown) => EventStore
    readonly watch?: (listener: () => void) => () => void
  }>()
})
