import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { dateCodec, jsonCodec, type JsonCodec } from '../../store/json.ts'
import { compileFilter } from '../../store/matches.ts'
import type { DataFilter } from '../../store/stream.ts'
import { comparisonsOf, matchesSql, passesSql } from './matching.ts'
import { openTables, type Tables } from './reading.fixture.ts'
import { Values } from './sql.ts'
import { data, dated, filters } from './values.fixture.ts'

let tables: Tables
beforeAll(async () => {
  tables = await openTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

type Judge = (
  documents: readonly unknown[],
  filters: readonly DataFilter[],
  codec: JsonCodec,
) => Promise<readonly (readonly boolean[])[]>

/** What each of the filters says of each of the documents: a row of answers for each document. */
const judges: Readonly<Record<string, Judge>> = {
  'by operators that are values': (documents, asked, codec) => {
    const values = new Values()
    const all = asked.map((filter) => JSON.stringify(comparisonsOf(filter, codec)))
    const answers = `select array_agg(${matchesSql('d.data', 'f.filter::jsonb')} order by f.n)
      from unnest(${values.array(all)}) with ordinality as f(filter, n)`
    return answer(documents, `(${answers})`, values, codec)
  },
  'by operators in the text': (documents, asked, codec) => {
    const values = new Values()
    const all = asked.map((filter) => {
      const comparisons = comparisonsOf(filter, codec)
      return comparisons.length === 0 ? 'true' : passesSql('d.data', comparisons, values)
    })
    return answer(documents, `array[${all.join(', ')}]`, values, codec)
  },
}

async function answer(
  documents: readonly unknown[],
  answers: string,
  values: Values,
  codec: JsonCodec,
): Promise<readonly (readonly boolean[])[]> {
  const texts = values.array(documents.map((document) => codec.encode(document, 'data')))
  const text = `select to_jsonb(${answers})::text as answers
    from (select d.text::jsonb as data, d.n from unnest(${texts}) with ordinality as d(text, n)) d order by d.n`
  expect(text).not.toContain('?')
  const rows = await tables.run({ text, values: values.list })
  return rows.map((row) => JSON.parse(row['answers'] ?? '') as boolean[])
}

describe.each(Object.entries(judges))(
  'SQL says of every filter what the judge says, %s',
  (_, judge) => {
    test.each([
      ['plain JSON', jsonCodec, data],
      ['JSON with dates', dateCodec, dated],
    ] as const)('of %s', async (_codec, codec, arbitrary) => {
      for (let round = 0; round < 8; round += 1) {
        const seed = Math.floor(Math.random() * 2 ** 31)
        const documents = fc.sample(arbitrary, { numRuns: 120, seed })
        const asked = fc.sample(filters, { numRuns: 120, seed: seed + 1 })
        const found = await judge(documents, asked, codec)
        const tests = asked.map((filter) => compileFilter(filter))
        documents.forEach((document, row) => {
          const stored = codec.decode(codec.encode(document, 'data'))
          const expected = tests.map((matches) => matches(stored))
          const wrong = asked.filter((_filter, column) => found[row]?.[column] !== expected[column])
          expect({ seed, document, wrong }).toEqual({ seed, document, wrong: [] })
        })
      }
    })
  },
)

test('the generated cases do match now and then', () => {
  const cases = fc.sample(fc.tuple(filters, data), { numRuns: 2000, seed: 1 })
  const found = cases.filter(([filter, value]) => compileFilter(filter)(value)).length
  expect(found).toBeGreaterThan(300)
  expect(found).toBeLessThan(1700)
})

test('PostgreSQL 15 says the same', async (context) => {
  const url = inject('postgres15Url')
  if (url === undefined) return context.skip(inject('postgres15Missing'))
  const [documents, asked] = [
    fc.sample(data, { numRuns: 150, seed: 2 }),
    fc.sample(filters, { numRuns: 150, seed: 3 }),
  ]
  const newest = tables
  await using older = await openTables(jsonCodec, url)
  const expected = await judges['by operators in the text']?.(documents, asked, jsonCodec)
  tables = older
  const found = await judges['by operators that are values']?.(documents, asked, jsonCodec)
  tables = newest
  expect(found).toEqual(expected)
})
