import { expect, test } from 'vitest'
import { identifierTest } from '../../event/identifiers.ts'
import type { Stream } from '../../store/stream.ts'
import { candidatesOf, candidatesSeen, choose, headsToRead } from './choose.ts'
import { NOTHING } from './vector.ts'

const filing = { isIdentifier: identifierTest(['*_id']), partitionKey: 'store_id' }
const aggregate = { type: 'cart', id: 'a' }

const chosen = (streams: Stream[], counts: Record<string, number> = {}): unknown => {
  const { guarded, loose, types } = choose(candidatesOf(streams, filing), (pk) => counts[pk] ?? 0)
  return [...guarded, ...loose, ...[...types].map((type) => `type ${type}`)]
}

test('each stream is read where it is smallest, and all together in as few places as will do', () => {
  const [a, b] = ['KEY#a_id=s:a', 'KEY#b_id=s:b']
  const both = { filter: { a_id: 'a', b_id: 'b' } }
  expect(chosen([both])).toEqual([a])
  expect(chosen([both], { [a]: 2, [b]: 1 })).toEqual([b])
  expect(chosen([both, { filter: { b_id: 'b' } }], { [b]: 9 })).toEqual([b])
  expect(chosen([{ filter: { a_id: ['x', 'y'], b_id: 'b' } }], { [b]: 9 })).toEqual([b])
  expect(chosen([{ ...both, aggregate }], { 'AGG#cart#a': 9 })).toEqual(['AGG#cart#a'])
  expect(chosen([{ filter: { store_id: 's', a_id: 'a' } }], { [a]: 9 })).toEqual([a])
  expect(chosen([{ types: ['A'], filter: { store_id: 's' } }])).toEqual(['KEY#store_id=s:s'])
  expect(chosen([{ types: ['A', 'B'] }, { types: ['B'], filter: { n: 1 } }])).toEqual([
    'type A',
    'type B',
  ])
  expect(chosen([{ types: [], filter: { a_id: 'a' } }, { filter: { a_id: { in: [] } } }])).toEqual(
    [],
  )
  expect(headsToRead(candidatesOf([both, both], filing))).toEqual([a, b])
})

test('after a cursor a stream is read where the cursor has been', () => {
  const stream = { filter: { a_id: ['x', 'y'], b_id: 'b' } }
  const after = (...pks: string[]): unknown => {
    const vector = new Map(pks.map((pk) => [pk, NOTHING]))
    return [...choose(candidatesSeen([stream], filing, vector)).guarded]
  }
  const keys = ['KEY#a_id=s:x', 'KEY#a_id=s:y']
  expect(after('KEY#b_id=s:b')).toEqual(['KEY#b_id=s:b'])
  expect(after(...keys, 'KEY#a_id=a:["x","y"]')).toEqual([...keys, 'KEY#a_id=a:["x","y"]'])
  expect(() => after(...keys)).toThrow('the cursor has not seen')
  expect(() => after()).toThrow('the cursor has not seen')
})
