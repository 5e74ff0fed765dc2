import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DocumentPage, DocumentQuery, StoredDocument } from '../../store/document.ts'
import { queryDocuments } from '../../store/query-documents.ts'
import { documentPageOf, documentsStatement, documentStatement } from './document-queries.ts'
import { openTables, type Tables } from './reading.fixture.ts'
import { documentOf } from './rows.ts'
import { data, filters } from './values.fixture.ts'

let tables: Tables
beforeAll(async () => {
  tables = await openTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

function document(id: string, value: unknown): StoredDocument {
  return {
    type: 'cart',
    id,
    // As it comes back: without a negative zero.
    data: value === undefined ? value : (JSON.parse(JSON.stringify(value)) as unknown),
    revision: 2,
    updatedAt: '2026-01-31T12:00:00.007Z',
    ...(id.length > 1 && { cursor: id.length > 2 ? `5~${id}` : '0' }),
  }
}

async function ask(query: DocumentQuery): Promise<DocumentPage> {
  const statement = documentsStatement(query, tables.context)
  expect(statement.text).not.toContain('?')
  const rows = await tables.run(statement)
  expect(rows.length).toBeLessThanOrEqual((query.limit ?? Infinity) + 1)
  return documentPageOf(rows, query, tables.context.codec)
}

const documents = fc.uniqueArray(
  fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }), data),
  { minLength: 20, maxLength: 40, size: 'max', selector: ([id]) => id },
)
const cursors = [
  ['["a",null]', '["",true]', '["b","a"]', '["😀",-1e-7]', '["a",{}]', '["a",[1]]', '["a"]'],
  '["a",1e300,2]',
].flat()
const queries: fc.Arbitrary<DocumentQuery> = fc.record(
  {
    type: fc.constant('cart'),
    filter: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, filters),
    order: fc.record(
      {
        by: fc.constantFrom('a', 'b', 'aId', '', '__proto__', '😀', '$date', "'"),
        direction: fc.constantFrom('asc' as const, 'desc' as const),
      },
      { requiredKeys: ['by'] },
    ),
    limit: fc.constantFrom(0, 1, 2, 5, 100),
    after: fc.constantFrom(...cursors),
  },
  { requiredKeys: ['type'] },
)

describe('a query of documents', () => {
  test('gives what the shared code gives, page by page', async () => {
    for (let round = 0; round < 10; round += 1) {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const [entries = []] = fc.sample(documents, { numRuns: 1, seed })
      const all = entries
        .filter(([id]) => !id.includes('\0') && id.isWellFormed())
        .map(([id, value]) => document(id, value))
      await tables.replace({
        documents: [
          ...all,
          { ...document('deleted', undefined) },
          { ...document('other', {}), type: 'list' },
        ],
      })
      for (const query of fc.sample(queries, { numRuns: 40, seed })) {
        let { after } = query
        for (let page = 0; page < 5; page += 1) {
          const asked = { ...query, after }
          const expected = queryDocuments(all, asked)
          expect({ seed, asked, ...(await ask(asked)) }).toEqual({ seed, asked, ...expected })
          after = expected.cursor
          if (after === undefined) break
        }
      }
    }
  })

  test.each(['', 'x', '[]', '[1]', '{}', 'null', '5~a'])('refuses the cursor %j', (after) => {
    expect(() => documentsStatement({ type: 'cart', after }, tables.context)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  test('is refused where it could not be meant', () => {
    expect(() => documentsStatement({ type: 'cart', limit: -1 }, tables.context)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})

test('one document is found by its name, unless it was deleted', async () => {
  const found = document("a'?$1", { n: 1 })
  await tables.replace({ documents: [found, document('gone', undefined)] })
  const get = async (id: string) => {
    const [row] = await tables.run(documentStatement('cart', id, tables.names))
    return row && documentOf(row, tables.context.codec)
  }
  expect(await get("a'?$1")).toEqual(found)
  expect(await get('gone')).toBeUndefined()
  expect(await get('none')).toBeUndefined()
})
