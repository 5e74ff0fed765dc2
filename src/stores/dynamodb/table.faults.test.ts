import { expect, test } from 'vitest'
import { firstCalls, randomFaults, type Fault } from './faults.fixture.ts'
import type { Table } from './table.ts'
import { absent, increment, key, openFaulty, openFresh } from './tables.fixture.ts'

const head = key('a', 'HEAD')
const countOf = async (table: Table): Promise<unknown> => (await table.get(head))?.['count']

const passing: Fault[] = ['conflict', 'throttled', 'exhausted', 'in-progress']
const lost: Fault[] = ['lost', 'server-error', 'cut', 'late']

test.each([...passing, ...lost])('a transaction that meets "%s" is written once', async (fault) => {
  await using fresh = await openFresh()
  const plan = firstCalls('TransactWriteItems', [fault, fault, undefined, fault])
  const { table, met, settled } = openFaulty(fresh, plan)
  expect(await table.transact([increment(head, 0)])).toBeUndefined()
  expect(await countOf(fresh.table)).toBe(1)
  expect(await table.transact([increment(head, 1), { put: key('a', '1') }])).toBeUndefined()
  await settled()
  expect(await countOf(fresh.table)).toBe(2)
  expect(met.get(fault)).toBe(3)
})

test.each([...passing, ...lost])('one that meets "%s" is refused if it must be', async (fault) => {
  await using fresh = await openFresh()
  await fresh.table.transact([increment(head, 0)])
  const { table, settled } = openFaulty(fresh, firstCalls('TransactWriteItems', [fault]))
  expect(await table.transact([{ put: { ...head, n: 1 }, condition: absent }])).toEqual({
    refused: new Map([[0, { ...head, count: 1 }]]),
  })
  await settled()
  expect(await countOf(fresh.table)).toBe(1)
})

test.each<[Fault, string, 'none' | 'unknown']>([
  ['conflict', 'busy', 'none'],
  ['throttled', 'busy', 'none'],
  ['exhausted', 'busy', 'none'],
  ['in-progress', 'driver', 'unknown'],
  ['lost', 'driver', 'unknown'],
  ['server-error', 'driver', 'unknown'],
  ['cut', 'driver', 'unknown'],
])('a transaction that meets "%s" for ever fails, as %s, with outcome %s', async (...expected) => {
  const [fault, as, outcome] = expected
  await using fresh = await openFresh()
  const { table, met } = openFaulty(fresh, () => fault, 400)
  await expect(table.transact([increment(head, 0)])).rejects.toMatchObject({
    code: 'STORE',
    fault: as,
    retryable: true,
    outcome,
    message: expect.stringContaining(fresh.tableName),
  })
  expect(met.get(fault)).toBeGreaterThan(1)
  expect(met.get(fault)).toBeLessThan(50)
})

test('what is refused in the end may still be written where an answer was lost before', async () => {
  await using fresh = await openFresh()
  const { table } = openFaulty(fresh, ({ nth }) => (nth === 0 ? 'cut' : 'throttled'), 200)
  await expect(table.transact([increment(head, 0)])).rejects.toMatchObject({
    fault: 'busy',
    outcome: 'unknown',
    message: expect.stringContaining(
      'send it again only with the same event ids or the same idempotency key; look first otherwise',
    ),
  })
})

test.each<Fault>(['throttled', 'exhausted', 'lost', 'server-error', 'cut'])(
  'reads that meet "%s" are sent again',
  async (fault) => {
    await using fresh = await openFresh()
    await fresh.table.transact([increment(head, 0)])
    const { table, met } = openFaulty(fresh, ({ nth }) => (nth < 2 ? fault : undefined))
    const item = { ...head, count: 1 }
    expect(await table.get(head)).toEqual(item)
    expect(await table.getAll([head])).toEqual([item])
    const range = { pk: 'a', from: 'A', to: 'Z' }
    expect(await Array.fromAsync(table.query(range))).toEqual([[item]])
    expect(met.get(fault)).toBe(6)
  },
)

test.each<Fault>(['throttled', 'lost'])('a read that meets "%s" for ever fails', async (fault) => {
  await using fresh = await openFresh()
  const { table } = openFaulty(fresh, () => fault, 300)
  const expected = { code: 'STORE', retryable: true, outcome: 'none' }
  await expect(table.get(head)).rejects.toMatchObject(expected)
  await expect(table.getAll([head])).rejects.toMatchObject(expected)
  const all = Array.fromAsync(table.query({ pk: 'a', from: 'A', to: 'Z' }))
  await expect(all).rejects.toMatchObject(expected)
})

test.each<Fault>(['conflict', 'throttled', 'exhausted', 'lost', 'server-error', 'cut'])(
  'a single write that meets "%s" knows whether it was written',
  async (fault) => {
    await using fresh = await openFresh()
    const plan = firstCalls('PutItem', [fault, undefined, fault])
    const { table, met } = openFaulty(fresh, plan)
    expect(await table.put({ ...key('a', '1'), n: 1 }, absent)).toBe(true)
    expect(await table.put({ ...key('a', '1'), n: 2 }, absent)).toBe(false)
    expect(await fresh.table.get(key('a', '1'))).toMatchObject({ n: 1 })
    expect(met.get(fault)).toBe(2)
  },
)

test('what a batch leaves over is sent again', async () => {
  await using fresh = await openFresh()
  const keys = Array.from({ length: 60 }, (_, index) => key('a', `${index}`))
  await fresh.table.transact(keys.map((put) => ({ put })))
  const { table, met } = openFaulty(fresh, () => 'partial')
  expect(await table.getAll(keys)).toEqual(keys)
  const reads = met.get('partial') ?? 0
  expect(reads).toBeGreaterThan(4)
  await table.remove(keys)
  expect(met.get('partial')).toBeGreaterThan(reads + 8)
  expect((await fresh.table.getAll(keys)).filter(Boolean)).toEqual([])
})

test('a batch of which the same is left over for ever fails', async () => {
  await using fresh = await openFresh()
  const stuck = fresh.open({
    client: {
      send: async (command: never) => {
        const { RequestItems } = (command as { readonly input: { RequestItems: unknown } }).input
        return { UnprocessedKeys: RequestItems, UnprocessedItems: RequestItems }
      },
    },
    patience: 200,
  })
  const expected = { fault: 'busy', retryable: true }
  await expect(stuck.getAll([head])).rejects.toMatchObject({ ...expected, outcome: 'none' })
  await expect(stuck.remove([head])).rejects.toMatchObject({ ...expected, outcome: 'unknown' })
})

test('old answers come from the index of types, and from nowhere else', async () => {
  await using fresh = await openFresh()
  const { table, met } = openFaulty(fresh, () => 'older')
  const item = (at: string) => ({ ...key('a', at), at, byType: 'T' })
  const range = { pk: 'a', from: '0', to: '9' }
  const sks = async (byType: boolean): Promise<unknown[]> => {
    const pages = table.query({ ...range, pk: byType ? 'T' : 'a', byType })
    return (await Array.fromAsync(pages)).flat().map(({ sk }) => sk)
  }
  for (const at of ['1', '2', '3']) await table.put(item(at))
  expect(await sks(true)).toEqual(['1', '2'])
  expect(await sks(false)).toEqual(['1', '2', '3'])
  expect(await table.get(key('a', '3'))).toEqual(item('3'))
  expect(met.get('older')).toBe(1)
})

test.each([1, 2, 3])(
  'thirty writers of one item all get through, whatever happens (seed %i)',
  async (seed) => {
    await using fresh = await openFresh()
    const plan = randomFaults(seed, {
      conflict: 0.2,
      throttled: 0.03,
      exhausted: 0.03,
      lost: 0.05,
      cut: 0.05,
      late: 0.05,
      'in-progress': 0.05,
    })
    const { table, met, settled } = openFaulty(fresh, plan)
    const write = async (): Promise<void> => {
      for (;;) {
        const from = Number((await table.get(head))?.['count'] ?? 0)
        if ((await table.transact([increment(head, from)])) === undefined) return
      }
    }
    await Promise.all(Array.from({ length: 30 }, write))
    await settled()
    expect(await countOf(fresh.table)).toBe(30)
    for (const fault of ['conflict', 'lost', 'cut', 'late'] as const) {
      expect(met.get(fault)).toBeGreaterThan(0)
    }
  },
)
