import { expect, test } from 'vitest'
import { freshTable, plainClient, testClient } from './engine.fixture.ts'
import { openTable } from './table.ts'

test('smoke', async () => {
  await using fresh = await freshTable()
  const table = openTable({
    client: testClient({ unmarshallOptions: { wrapNumbers: true } }),
    tableName: fresh.tableName,
    keyNames: { pk: '_pk', sk: '_sk' },
  })
  expect(await table.put({ pk: 'a', sk: '1', n: 5 })).toBe(true)
  expect(await table.get({ pk: 'a', sk: '1' })).toEqual({ pk: 'a', sk: '1', n: 5 })
  const absent = { text: 'attribute_not_exists(#pk)', names: { '#pk': 'pk' }, values: {} }
  expect(await table.put({ pk: 'a', sk: '1', n: 6 }, absent)).toBe(false)
  expect(
    await table.transact([
      { put: { pk: 'a', sk: '1' }, condition: absent },
      { put: { pk: 'a', sk: '2' } },
    ]),
  ).toEqual({ refused: new Map([[0, { pk: 'a', sk: '1', n: 5 }]]) })
  expect(
    await table.transact([
      { put: { pk: 'a', sk: '2' }, condition: absent },
      { put: { pk: 'a', sk: '3' } },
    ]),
  ).toBeUndefined()
  const pages = await Array.fromAsync(table.query({ pk: 'a', from: '', to: '9', limit: 2 }))
  expect(pages.map((page) => page.map(({ sk }) => sk))).toEqual([['1', '2'], ['3']])
  await table.remove([
    { pk: 'a', sk: '1' },
    { pk: 'a', sk: '1' },
  ])
  expect(
    await table.getAll([
      { pk: 'a', sk: '1' },
      { pk: 'a', sk: '2' },
      { pk: 'a', sk: '2' },
    ]),
  ).toEqual([undefined, { pk: 'a', sk: '2' }, { pk: 'a', sk: '2' }])
  const other = openTable({
    client: plainClient(),
    tableName: fresh.tableName,
    keyNames: { pk: 'pk', sk: 'sk' },
  })
  await expect(other.get({ pk: 'a', sk: '1' })).rejects.toThrow('x')
})
