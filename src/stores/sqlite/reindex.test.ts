import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { identifierTest } from '../../event/identifiers.ts'
import type { SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { faultsOf } from './index-check.fixture.ts'
import { openSqlite, reindexSqlite } from './index.ts'
import { drivers, hurried, openTuned, temporaryFolder } from './stores.fixture.ts'

const identifiers = ['*Id', '*_id', 'sku']
const rooms = Object.entries(drivers)

async function fill(path: string, count: number): Promise<void> {
  await using store = openTuned(path, { filing: hurried })
  for (let start = 0; start < count; start += 500) {
    const numbers = Array.from(
      { length: Math.min(500, count - start) },
      (_, index) => start + index,
    )
    await store.commit({
      events: numbers.map((number) => ({
        type: 'STOCKED',
        data: { shelfId: number % 7, sku: `sku_${number % 100}` },
      })),
    })
  }
}

function faults(path: string): readonly string[] {
  const connection = nodeSqlite(path)
  try {
    return faultsOf(connection, identifierTest(identifiers))
  } finally {
    connection.close()
  }
}

test('other identifiers than the recorded ones are refused, naming both and what to do', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await fill(path, 1)
  expect(() => openSqlite(path, { identifiers })).toThrow(
    expect.objectContaining({
      code: 'STORE',
      fault: 'identifiers',
      message: expect.stringMatching(
        /\["\*Id","\*_id"\].*\["\*Id","\*_id","sku"\].*reindexSqlite/su,
      ),
    }),
  )
})

test('the same identifiers in another order are the same, and an empty log takes any', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await openSqlite(path).close()
  await openSqlite(path, { identifiers }).close()
  await using store = openSqlite(path, { identifiers: [...identifiers, 'sku'].toReversed() })
  await store.commit({ events: [{ type: 'STOCKED', data: { sku: 'sku_1' } }] })
  expect(() => openSqlite(path)).toThrow(expect.objectContaining({ fault: 'identifiers' }))
})

test.each(rooms)(
  'reindexing gives a log other identifiers, and keeps its events: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('log.db')
    await fill(path, 500)
    await reindexSqlite(path, { identifiers, driver })
    expect(faults(path)).toEqual([])
    await using store = openSqlite(path, { identifiers, driver })
    expect((await store.load([{ filter: { sku: 'sku_7' } }])).events).toHaveLength(5)
    expect((await store.load('all')).events).toHaveLength(500)
    expect(() => openSqlite(path, { driver })).toThrow(
      expect.objectContaining({ fault: 'identifiers' }),
    )
  },
)

test('reindexing by the recorded identifiers does nothing', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await fill(path, 10)
  const before = readFileSync(path)
  await reindexSqlite(path, { identifiers: ['*_id', '*Id'] })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a log is written while it is reindexed; then the open store refuses, and a new one finds all', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await fill(path, 10_000)
  await using old = openTuned(path, { filing: hurried })
  const reindexing = reindexSqlite(path, { identifiers })
  let written = 0
  let refused: unknown
  while (refused === undefined) {
    try {
      await old.commit({ events: [{ type: 'STOCKED', data: { sku: 'late' } }] })
      written += 1
    } catch (error) {
      refused = error
    }
  }
  await reindexing
  expect(refused).toMatchObject({ code: 'STORE', fault: 'identifiers', outcome: 'none' })
  await expect(old.load('all')).rejects.toMatchObject({ fault: 'identifiers' })
  expect(written).toBeGreaterThan(0)
  expect(faults(path)).toEqual([])
  await using store = openSqlite(path, { identifiers })
  expect((await store.load([{ filter: { sku: 'late' } }])).events).toHaveLength(written)
})

/** Dies for good after so many transactions. */
function dying(transactions: number): SqliteDriver {
  let left = transactions
  return (path) => {
    const connection = nodeSqlite(path)
    return {
      ...connection,
      execute: (sql) => {
        if (sql === 'begin immediate') left -= 1
        if (left < 0) throw new Error('the process was killed')
        connection.execute(sql)
      },
    }
  }
}

test.each([1, 2, 3])(
  'reindexing that dies after %i transactions changes nothing, and goes on later',
  async (transactions) => {
    using folder = temporaryFolder()
    const path = folder.file('log.db')
    await fill(path, 10_000)
    const driver = dying(transactions)
    await expect(reindexSqlite(path, { identifiers, driver })).rejects.toMatchObject({
      code: 'STORE',
    })
    await using old = openTuned(path, { filing: hurried })
    await old.commit({ events: [{ type: 'STOCKED', data: { shelfId: 'new', sku: 'late' } }] })
    expect((await old.load([{ filter: { shelfId: 'new' } }])).events).toHaveLength(1)
    await old.close()

    await reindexSqlite(path, { identifiers })
    expect(faults(path)).toEqual([])
    await using store = openSqlite(path, { identifiers })
    expect((await store.load([{ filter: { sku: 'sku_7' } }])).events).toHaveLength(100)
    expect((await store.load([{ filter: { sku: 'late' } }])).events).toHaveLength(1)
  },
)

test('reindexing that was given up leaves nothing behind when others are named', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await fill(path, 5_000)
  const driver = dying(2)
  const given = ['shelfId']
  await expect(reindexSqlite(path, { identifiers: given, driver })).rejects.toThrow('killed')
  await reindexSqlite(path, { identifiers })
  expect(faults(path)).toEqual([])
  await expect(
    reindexSqlite(path, { identifiers: given, signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'ABORTED' })
  await reindexSqlite(path, { identifiers })
  const connection = nodeSqlite(path)
  const tables = connection.query(`select name from sqlite_schema where name like '%next%'`).all()
  connection.close()
  expect(tables).toEqual([])
})

test('a file that is not there is not made', async () => {
  using folder = temporaryFolder()
  const reindexing = reindexSqlite(folder.file('log.db'), { identifiers })
  await expect(reindexing).rejects.toMatchObject({ code: 'STORE', fault: 'not-a-log' })
})
