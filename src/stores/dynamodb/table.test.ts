import { expect, test } from 'vitest'
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { plainClient, testClient } from './engine.fixture.ts'
import type { Item } from './items.ts'
import type { Range, Table } from './table.ts'
import { absent, increment, key, openFresh } from './tables.fixture.ts'

const full = {
  ...key('a', '1'),
  text: '',
  number: -1.5e-7,
  large: Number.MAX_SAFE_INTEGER,
  flag: false,
  nothing: null,
  list: ['x', 1, { deep: [] }],
  '#odd name ✓': '⚡',
}

async function sksOf(table: Table, range: Range): Promise<string[][]> {
  const pages = await Array.fromAsync(table.query(range))
  return pages.map((page) => page.map(({ sk }) => sk))
}

test.each([
  ['a document client', () => testClient()],
  ['a plain client', () => plainClient()],
  [
    'a document client with settings of its own',
    () =>
      testClient({
        marshallOptions: { convertEmptyValues: true, convertTopLevelContainer: false },
        unmarshallOptions: { wrapNumbers: true, convertWithoutMapWrapper: false },
      }),
  ],
])('through %s every value comes back as it was', async (_, client) => {
  await using fresh = await openFresh({ client: client() })
  const { table } = fresh
  expect(await table.put({ ...full, gone: undefined })).toBe(true)
  expect(await table.get(key('a', '1'))).toEqual(full)
  expect(await table.getAll([key('a', '1')])).toEqual([full])
  expect(await Array.fromAsync(table.query({ pk: 'a', from: '1', to: '1' }))).toEqual([[full]])
  const refused = await table.transact([{ put: full, condition: absent }])
  expect(refused?.refused.get(0)).toEqual(full)
})

test('what DynamoDB has no words for is refused before it is sent', async () => {
  await using fresh = await openFresh()
  await expect(fresh.table.put({ ...key('a', '1'), n: Number.NaN })).rejects.toThrow('a number')
  await expect(fresh.table.put({ ...key('a', '1'), n: () => 1 })).rejects.toThrow('a function')
  expect(await fresh.table.get(key('a', '1'))).toBeUndefined()
})

test.each([
  { pk: 'pk', sk: 'sk' },
  { pk: 'sk', sk: 'pk' },
  { pk: 'Partition-Key.1', sk: 'sort key' },
])('the table calls its key %j, and nobody else does', async (keyNames) => {
  await using fresh = await openFresh({ keyNames })
  const { table } = fresh
  const item = { ...key('p', 's'), n: 1 }
  expect(await table.transact([{ put: item, condition: absent }])).toBeUndefined()
  expect(await table.get(key('p', 's'))).toEqual(item)
  const refused = await table.transact([{ put: item, condition: absent }])
  expect(refused?.refused.get(0)).toEqual(item)
  expect(await sksOf(table, { pk: 'p', from: 's', to: 's' })).toEqual([['s']])
  const stored = await plainClient().send(
    new GetItemCommand({
      TableName: fresh.tableName,
      Key: { [keyNames.pk]: { S: 'p' }, [keyNames.sk]: { S: 's' } },
    }),
  )
  const names = Object.keys(stored.Item ?? {}).sort()
  expect(names).toEqual(['n', keyNames.pk, keyNames.sk].sort())
  await table.remove([key('p', 's')])
  expect(await table.getAll([key('p', 's')])).toEqual([undefined])
})

test('more keys than a batch holds, some of them twice, some of nothing', async () => {
  await using fresh = await openFresh()
  const { table } = fresh
  const keys = Array.from({ length: 230 }, (_, index) => key(`p${index % 7}`, `${index}`))
  for (let at = 0; at < keys.length; at += 100) {
    await table.transact(keys.slice(at, at + 100).map((put) => ({ put })))
  }
  const asked = [...keys, key('p0', '0'), key('none', '0'), ...keys.slice(0, 5)]
  const found = await table.getAll(asked)
  expect(found).toEqual(asked.map((it) => (it.pk === 'none' ? undefined : it)))
  await table.remove([...keys.slice(10), ...keys.slice(200)])
  expect((await table.getAll(keys)).filter(Boolean)).toEqual(keys.slice(0, 10))
  expect(await table.getAll([])).toEqual([])
  await table.remove([])
})

test('a range has both of its ends, in both directions, page by page', async () => {
  await using fresh = await openFresh()
  const { table } = fresh
  await table.transact(['1', '2', '3', '4', '5'].map((sk) => ({ put: key('a', sk) })))
  await table.put(key('b', '3'))
  const range = { pk: 'a', from: '2', to: '4' }
  expect(await sksOf(table, range)).toEqual([['2', '3', '4']])
  expect(await sksOf(table, { ...range, backwards: true, limit: 2 })).toEqual([['4', '3'], ['2']])
  expect(await sksOf(table, { ...range, from: '' })).toEqual([['1', '2', '3', '4']])
  expect((await sksOf(table, { ...range, limit: 1 })).flat()).toEqual(['2', '3', '4'])
})

test('an empty range is not asked for', async () => {
  await using fresh = await openFresh()
  const nobody = { send: () => expect.unreachable() }
  const table = fresh.open({ client: nobody })
  expect(await sksOf(table, { pk: 'a', from: '2', to: '1' })).toEqual([])
  expect(await sksOf(table, { pk: 'a', from: '', to: '' })).toEqual([])
  // By its bytes, the first comes after the second; as text of JavaScript it does not.
  expect(await sksOf(table, { pk: 'a', from: '\u{1f600}', to: '\ufb01' })).toEqual([])
})

test('a range of more than 1 MB comes whole', async () => {
  await using fresh = await openFresh()
  const data = 'x'.repeat(300_000)
  for (let sk = 0; sk < 8; sk += 1) await fresh.table.put({ ...key('a', `${sk}`), data })
  const pages = await sksOf(fresh.table, { pk: 'a', from: '0', to: '9' })
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.flat()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
})

test('the index of types has what has a type, by place', async () => {
  await using fresh = await openFresh({ keyNames: { pk: 'pk', sk: 'sk' } })
  const { table } = fresh
  const item = (at: string, byType?: string): Item => ({ ...key('p', `s${at}`), at, byType })
  for (const it of [item('3', 'T'), item('1', 'T'), item('2', 'U'), item('4')]) await table.put(it)
  const range = { pk: 'T', from: '1', to: '9', byType: true }
  expect(await sksOf(table, range)).toEqual([['s1', 's3']])
  expect(await sksOf(table, { ...range, backwards: true, limit: 1 })).toContainEqual(['s3'])
})

test('a refused transaction names every step that was refused, with what is there', async () => {
  await using fresh = await openFresh()
  const { table } = fresh
  await table.transact([increment(key('a', 'HEAD'), 0), { put: { ...key('a', '1'), n: 1 } }])
  const answer = await table.transact([
    increment(key('a', 'HEAD'), 1),
    { put: key('a', '1'), condition: absent },
    increment(key('b', 'HEAD'), 3),
    { check: key('a', '2'), condition: absent },
  ])
  expect(answer).toEqual({
    refused: new Map<number, unknown>([
      [1, { ...key('a', '1'), n: 1 }],
      [2, undefined],
    ]),
  })
  expect(await table.get(key('a', 'HEAD'))).toEqual({ ...key('a', 'HEAD'), count: 1 })
  const check = await table.transact([{ check: key('a', 'HEAD'), condition: absent }])
  expect([...(check?.refused ?? [])]).toEqual([[0, { ...key('a', 'HEAD'), count: 1 }]])
})

test('a single write under a condition says whether it was written', async () => {
  await using fresh = await openFresh()
  expect(await fresh.table.put({ ...key('a', '1'), n: 1 }, absent)).toBe(true)
  expect(await fresh.table.put({ ...key('a', '1'), n: 1 }, absent)).toBe(false)
  expect(await fresh.table.put({ ...key('a', '1'), n: 2 })).toBe(true)
  expect(await fresh.table.get(key('a', '1'))).toMatchObject({ n: 2 })
})
