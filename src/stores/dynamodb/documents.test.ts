import { expect, test } from 'vitest'
import type { DocumentQuery } from '../../store/document.ts'
import { getDocument, queryDocuments } from './documents.ts'
import type { DocumentItem } from './items.ts'
import { documentPartition } from './keys.ts'
import { readingTable, type ReadingTable } from './reading.fixture.ts'

async function save(it: ReadingTable, type: string, id: string, data?: unknown): Promise<void> {
  const item: DocumentItem = {
    pk: documentPartition(type),
    sk: id,
    itemType: 'document',
    ...(data !== undefined && { data: JSON.stringify(data) }),
    revision: 1,
    updatedAt: '2026-01-01T00:00:00.000Z',
  }
  await it.put(item)
}

test('documents are found by id and by query, and deleted ones are not', async () => {
  await using it = await readingTable()
  const ids = ['\u0001', 'a', 'b', 'z', '\uffff', '😀', '\u{10ffff}'.repeat(63)]
  for (const [n, id] of ids.entries()) await save(it, 'view', id, { n, even: n % 2 === 0 })
  await save(it, 'view', 'gone')
  await save(it, 'other', 'a', 1)
  expect(await getDocument(it.access, 'view', 'b')).toEqual({
    type: 'view',
    id: 'b',
    data: { n: 2, even: true },
    revision: 1,
    updatedAt: '2026-01-01T00:00:00.000Z',
  })
  expect(await getDocument(it.access, 'view', 'gone')).toBeUndefined()
  expect(await getDocument(it.access, 'view', 'c')).toBeUndefined()
  await expect(getDocument(it.access, 'view', '')).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })

  const found = async (query: Partial<DocumentQuery>): Promise<string[]> => {
    const { documents } = await queryDocuments(it.access, { type: 'view', ...query })
    return documents.map(({ id }) => id)
  }
  expect(await found({})).toEqual(ids)
  expect(await found({ order: { by: 'n', direction: 'desc' } })).toEqual(ids.toReversed())
  expect(await found({ filter: { even: true } })).toEqual(ids.filter((_, n) => n % 2 === 0))
  expect(await found({ type: 'nothing' })).toEqual([])
  expect(await found({ type: 'x'.repeat(3000) })).toEqual([])
  for (const query of [{}, { filter: { n: { gte: 0 } } }, { order: { by: 'n' } }] as const) {
    for (const limit of [1, 2, 3, 7, 8]) {
      const seen: string[] = []
      let after: string | undefined
      do {
        const page = await queryDocuments(it.access, { type: 'view', ...query, limit, after })
        seen.push(...page.documents.map(({ id }) => id))
        after = page.cursor
      } while (after !== undefined)
      expect(seen).toEqual(ids)
    }
  }
})

test('a page by id reads no more than it needs', async () => {
  await using it = await readingTable()
  for (let n = 0; n < 9; n += 1) await save(it, 'view', `${n}`, 'x'.repeat(200_000))
  it.statements()
  const first = await queryDocuments(it.access, { type: 'view', limit: 2 })
  expect(it.statements()).toHaveLength(1)
  const next = await queryDocuments(it.access, { type: 'view', limit: 2, after: first.cursor })
  expect(it.statements()).toHaveLength(1)
  expect(next.documents.map(({ id }) => id)).toEqual(['2', '3'])
  expect((await queryDocuments(it.access, { type: 'view' })).documents).toHaveLength(9)
  expect(it.statements().length).toBeGreaterThan(1)
})
