import { describe, expect, test } from 'vitest'
import type { Commit } from './commit.ts'
import type { DocumentGuard } from './document.ts'
import type { DocumentState } from './judge.ts'
import { added, closed, refusal, state, verdictOn } from './logs.fixture.ts'

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
    ['newer', 'one of another log', { ...state, cursor: '1~gone' }, '1~a', true],
    ['newer', 'one of the empty log', { ...state, cursor: '0' }, '0', false],
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

  test.each([
    ['never was', undefined, 0, false],
    ['is there', { ...state, revision: 1 }, 1, false],
    ['was deleted', { ...state, revision: 1, deleted: true }, 1, true],
  ])('tell whether the document %s', (_, found, actual, isDeleted) => {
    const commit: Commit = { documents: [{ type: 'cart', id: 'c', data: {}, if: { revision: 7 } }] }
    const documents: Record<string, DocumentState> = found ? { 'cart/c': found } : {}
    const { conflict } = refusal('CONFLICT', commit, { documents })
    expect(conflict).toMatchObject({ actual, deleted: isDeleted })
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
