import { DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import { DEFAULT_IDENTIFIERS, identifierTest } from '../../event/identifiers.ts'
import { jsonCodec } from '../../store/json.ts'
import type { EventStore } from '../../store/store.ts'
import { Filing } from './filing.ts'
import type { Connection, SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { SqliteLog } from './log.ts'
import { openLog } from './open.ts'
import { openTuned, temporaryFolder } from './stores.fixture.ts'
import { writeTransaction } from './transaction.ts'

const events = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ type: 'A', data: { itemId: `${name}_${n}` } }))

test('a log that is restored while its events are filed finds all its events by key', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await using store = openTuned(path, { filing: { threshold: () => 80, rows: 1 } })
  await store.commit({ events: events('kept', 50) })
  const theirs = new DatabaseSync(path)
  theirs.exec(`vacuum into '${folder.file('backup.db')}'`)
  {
    // As long as the other one will be, so that the filing that is begun could end where it was going to.
    await using restored = openTuned(folder.file('backup.db'), {})
    await restored.commit({ events: events('new', 50) })
  }
  await store.commit({ events: events('lost', 50) })
  const filing = theirs.prepare('select filing_to from eventfold_meta')
  while (filing.get()?.['filing_to'] !== 100) await new Promise(setImmediate)
  theirs.exec(`
    attach '${folder.file('backup.db')}' as backup;
    begin immediate;
    delete from eventfold_events;
    insert into eventfold_events select * from backup.eventfold_events;
    delete from eventfold_index;
    insert into eventfold_index select * from backup.eventfold_index;
    delete from eventfold_meta;
    insert into eventfold_meta select * from backup.eventfold_meta;
    commit;
  `)
  theirs.close()
  await untilFiled(store, path, 100)
  const all = [...events('kept', 50), ...events('new', 50)]
  await expect(missing(store, all)).resolves.toEqual([])
})

test('what was to be filed is not forgotten where a lock stands in the way at the end', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  let commits = 0
  const driver: SqliteDriver = (file) => {
    const connection = nodeSqlite(file)
    const command: Connection['command'] = (sql) => {
      const { run } = connection.command(sql)
      return {
        run: (...values) => {
          commits += sql === 'commit' ? 1 : 0
          if (sql === 'commit' && commits % 2 === 0) {
            throw Object.assign(new Error('database is locked'), { errcode: 5 })
          }
          run(...values)
        },
      }
    }
    return { ...connection, command }
  }
  await using store = openTuned(path, { driver, filing: { threshold: () => 20, rows: 3 } })
  await store.commit({ events: events('item', 20) })
  await untilFiled(store, path, 20)
  await expect(missing(store, events('item', 20))).resolves.toEqual([])
})

test('events are found by every key while some keys are filed and others are not', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await using store = openTuned(path, { filing: { threshold: () => Infinity, rows: 512 } })
  const connection = nodeSqlite(path)
  const opened = openLog(connection, path, DEFAULT_IDENTIFIERS, 'NORMAL')
  const isIdentifier = identifierTest(DEFAULT_IDENTIFIERS)
  const log = new SqliteLog({ ...opened, codec: jsonCodec, isIdentifier })
  const streams = [
    [{ filter: { aId: 'hot', zId: 'hot' } }],
    [{ types: ['B'], filter: { aId: 'hot', zId: ['hot', 'cold'] } }],
    [{ types: ['A', 'B'], filter: { zId: 'hot' } }],
    [{ types: ['A'] }],
  ]
  let count = 0
  for (let round = 0; round < 4; round += 1) {
    const made = Array.from({ length: 150 }, (_, n) => ({
      id: `evt_${count + n + 1}`,
      type: n % 3 === 0 ? 'B' : 'A',
      data: { aId: 'hot', mId: `m_${n % 3}`, zId: 'hot' },
    }))
    await store.commit({ events: made })
    count += made.length
    let filing: Filing | undefined
    for (let done = false; !done;) {
      done = writeTransaction(log, () => {
        filing ??= new Filing(log, 1)
        return filing.slice()
      })
      for (const [index, asked] of streams.entries()) {
        const up = await positions(store.read(asked))
        const down = await positions(store.read(asked, { backwards: true }))
        const [last] = await positions(store.read(asked, { backwards: true, limit: 1 }))
        const share = [1, 1 / 3, 1, 2 / 3][index] as number
        expect(up).toHaveLength(Math.round(count * share))
        expect(up).toEqual(up.toSorted((a, b) => a - b))
        expect(down).toEqual(up.toReversed())
        expect(last).toBe(up.at(-1))
        for (let after = 10; after < count; after += 45) {
          const loaded = await store.load(asked, { after: { eventId: `evt_${after}` } })
          const found = loaded.events.map(({ position }) => position)
          expect(found).toEqual(up.filter((position) => position > after))
        }
      }
    }
  }
  connection.close()
})

async function positions(read: AsyncIterable<{ readonly position: number }>): Promise<number[]> {
  return (await Array.fromAsync(read)).map(({ position }) => position)
}

/** Commits until the first events are filed. */
async function untilFiled(store: EventStore, path: string, position: number): Promise<void> {
  const database = new DatabaseSync(path)
  const filed = database.prepare('select filed from eventfold_meta')
  await vi.waitUntil(async () => {
    await store.commit({ events: [{ type: 'B', data: {} }] })
    return Number(filed.get()?.['filed']) >= position
  })
  database.close()
}

/** Those that are not found by their key. */
async function missing(store: EventStore, all: ReturnType<typeof events>): Promise<string[]> {
  const names: string[] = []
  for (const { data } of all) {
    const found = await store.load([{ filter: { itemId: data.itemId } }])
    if (found.events.length !== 1) names.push(data.itemId)
  }
  return names
}
