import { describe, expect, test } from 'vitest'
import { checkLoad, checkRead, throwIfAborted } from './check-read.ts'
import type { LoadOptions, ReadOptions } from './store.ts'
import type { Streams } from './stream.ts'

const streams: Streams = [{ types: ['A'] }]
const refused = (message: string) => expect.objectContaining({ code: 'INVALID_ARGUMENT', message })

describe('a read', () => {
  test('takes every option that can be meant', () => {
    const { signal } = new AbortController()
    const options: ReadOptions = { after: '0', limit: 0, backwards: true, signal }
    expect(() => checkRead(streams, options)).not.toThrow()
    expect(() => checkRead('all', { after: { eventId: 'x' }, limit: undefined })).not.toThrow()
  })

  test('refuses streams that name nothing', () => {
    expect(() => checkRead([], {})).toThrow(
      refused("streams: expected 'all' or a non-empty list, found []"),
    )
    expect(() => checkLoad([{}], {})).toThrow(
      /^streams\.0: expected types, a filter or an aggregate/u,
    )
  })

  test.each([-1, 1.5, NaN, Infinity, '10', null, 2 ** 53])('refuses the limit %j', (limit) => {
    const found = limit === '10' ? '"10"' : String(limit)
    expect(() => checkRead(streams, { limit: limit as number })).toThrow(
      refused(`limit: expected a whole number from 0, found ${found}`),
    )
  })
})

describe('a load of versions', () => {
  const ofAggregate: Streams = [{ aggregate: { type: 'cart', id: '1' } }]

  test('takes versions of an aggregate', () => {
    expect(() => checkLoad(ofAggregate, { fromVersion: 0, toVersion: 7 })).not.toThrow()
    expect(() => checkLoad(ofAggregate, { fromVersion: undefined })).not.toThrow()
    expect(() => checkLoad(streams, {})).not.toThrow()
  })

  test.each([
    [-1, '-1'],
    [1.5, '1.5'],
    [NaN, 'NaN'],
    ['1', '"1"'],
  ])('refuses the version %j', (version, found) => {
    for (const name of ['fromVersion', 'toVersion']) {
      const options = { [name]: version } as LoadOptions
      expect(() => checkLoad(ofAggregate, options)).toThrow(
        refused(`${name}: expected a whole number from 0, found ${found}`),
      )
    }
  })

  test.each<[Streams]>([['all'], [streams], [[...ofAggregate, { types: ['A'] }]]])(
    'refuses versions of %j: not every stream is of an aggregate',
    (many) => {
      expect(() => checkLoad(many, { toVersion: 2 })).toThrow(
        refused(
          `toVersion: expected streams that all name an aggregate, found ${JSON.stringify(many)}`,
        ),
      )
    },
  )
})

describe('after', () => {
  test('is a cursor or the id of an event, or is left out', () => {
    for (const after of [undefined, '0', 'anything', { eventId: 'x' }]) {
      expect(() => checkRead(streams, { after })).not.toThrow()
    }
  })

  test.each([
    [null, 'null'],
    [7, '7'],
    [{}, '{}'],
    [{ eventId: undefined }, '{}'],
    [{ eventId: 7 }, '{"eventId":7}'],
    [{ id: 'x' }, '{"id":"x"}'],
    [['x'], '["x"]'],
  ])('is not %j', (after, found) => {
    const message = `after: expected a cursor or { eventId }, found ${found}`
    expect(() => checkRead(streams, { after: after as never })).toThrow(refused(message))
    expect(() => checkLoad(streams, { after: after as never })).toThrow(refused(message))
  })
})

describe('a signal', () => {
  test('that is not aborted stops nothing', () => {
    expect(() => throwIfAborted(undefined, 'the commit')).not.toThrow()
    expect(() => throwIfAborted(new AbortController().signal, 'the commit')).not.toThrow()
  })

  test('that is aborted ends the call before anything is sent, and gives its reason', () => {
    const reason = new Error('the user left')
    const signal = AbortSignal.abort(reason)
    const aborted = (what: string) =>
      expect.objectContaining({
        code: 'ABORTED',
        message: `${what} was aborted: nothing was written`,
        outcome: 'none',
        cause: reason,
      })
    expect(() => throwIfAborted(signal, 'the commit')).toThrow(aborted('the commit'))
    expect(() => checkRead(streams, { signal })).toThrow(aborted('the read'))
    expect(() => checkLoad(streams, { signal })).toThrow(aborted('the read'))
  })
})
