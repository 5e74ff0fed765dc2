import { expect, test } from 'vitest'
import { compareVectors, type Vector } from './vector.ts'

const vector = (places: Readonly<Record<string, string>>): Vector =>
  new Map(Object.entries(places).map(([pk, at]) => [pk, { at, count: undefined }]))

test.each([
  ['as much', { a: '2' }, { a: '2' }, 'same'],
  ['as much of nothing', { a: '' }, { a: '' }, 'same'],
  ['more', { a: '3' }, { a: '2' }, 'newer'],
  ['less', { a: '1' }, { a: '2' }, 'older'],
  ['more here, as much there', { a: '3', b: '2' }, { a: '2', b: '2' }, 'newer'],
  ['more here, less there', { a: '3', b: '1' }, { a: '2', b: '2' }, 'older'],
  ['one partition besides', { a: '2', b: '' }, { a: '2' }, 'newer'],
  ['one partition besides, of another less', { a: '1', b: '9' }, { a: '2' }, 'older'],
  ['one partition less', { a: '9' }, { a: '2', b: '' }, 'older'],
  ['another partition, further', { b: '3' }, { a: '2' }, 'newer'],
  ['another partition, as far', { b: '2' }, { a: '2' }, 'same'],
  ['another partition, less far', { b: '1' }, { a: '2' }, 'older'],
  ['another partition, empty', { b: '' }, { a: '2' }, 'older'],
  ['another one instead, further', { a: '2', c: '3' }, { a: '2', b: '2' }, 'newer'],
  ['another one instead, and of the shared less', { a: '1', c: '3' }, { a: '2', b: '2' }, 'older'],
  ['two instead, one of them less far', { c: '9', d: '1' }, { a: '2', b: '2' }, 'older'],
] as const)('a cursor that has seen %s', (_, written, stored, expected) => {
  expect(compareVectors(vector(written), vector(stored))).toBe(expected)
})
