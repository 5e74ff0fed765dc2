import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import Libsql from 'libsql'
import { fromBetterSqlite3, fromLibsql, openSqlite, type SqliteEventStore } from 'eventfold/sqlite'
import type { Cursor, EventStore } from 'eventfold'
import type { SqliteDriver } from '../src/stores/sqlite/hand.ts'
import { nodeSqlite } from '../src/stores/sqlite/hands/node-sqlite.ts'
import { inTurns, type Measured } from './measure.ts'
import { printFigures, type Figure } from './print.ts'
import { CARTS, cartIdOf, randomNumbers, sampleEvent } from './sample.ts'
import { openRawLog, type RawLog } from './sqlite-raw.ts'

const drivers: Readonly<Record<string, SqliteDriver>> = {
  'node:sqlite': nodeSqlite,
  'better-sqlite3': fromBetterSqlite3(BetterSqlite3),
  libsql: fromLibsql(Libsql),
}

const EVENTS = 100_000
const ROUNDS = 7
const CALLERS = 64
const BATCH = 100
/** Of each round. Over all rounds several times as many events are appended as wait to be filed. */
const APPENDS = 10_000
const READS = 2_000

type Random = (below: number) => number

/** Compares the SQLite room with a plain table, through the same driver, in one run. */
export async function benchSqlite(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names.length > 0 ? names : ['node:sqlite']) {
    const driver = drivers[name]
    if (!driver) throw new Error(`no driver ${name}: use one of ${Object.keys(drivers).join(', ')}`)
    const own = mkdtempSync(join(folder, 'sqlite-'))
    try {
      printFigures(
        `SQLite ${versionOf(driver)} through ${name}, FULL sync, ${EVENTS.toLocaleString('en')} events`,
        await figures(own, driver),
      )
    } finally {
      rmSync(own, { recursive: true })
    }
  }
}

function versionOf(driver: SqliteDriver): string {
  const connection = driver(':memory:')
  const version = connection.query<readonly [string]>('select sqlite_version()').get()
  connection.close()
  return version?.[0] ?? ''
}

async function figures(folder: string, driver: SqliteDriver): Promise<Figure[]> {
  const random = randomNumbers(7)
  // Each contestant has a log of its own, so that each pays for its own filing.
  const open = (name: string): SqliteEventStore => openSqlite(join(folder, name), { driver })
  const [forReads, forOne, forMany, forBatches] = [
    open('reads.db'),
    open('one.db'),
    open('many.db'),
    open('batches.db'),
  ]
  const raw = openRawLog(driver(join(folder, 'raw.db')), false)
  const rawIndexed = openRawLog(driver(join(folder, 'raw-indexed.db')), true)
  const stores = [forReads, forOne, forMany, forBatches]
  await fill(stores, [raw, rawIndexed], random)

  const reads = await inTurns(
    [
      { name: 'raw select of 100', run: () => selects(rawIndexed, random) },
      { name: 'load of 100', run: () => loads(forReads, random) },
    ],
    ROUNDS,
  )
  const [one, many] = [await Carts.of(forOne), await Carts.of(forMany)]
  const appends = await inTurns(
    [
      { name: 'raw insert', run: () => rawAppends(raw, random) },
      { name: 'conditional append, 1 caller', run: () => callers(1, forOne, one, random) },
      {
        name: `conditional append, ${CALLERS} callers`,
        run: () => callers(CALLERS, forMany, many, random),
      },
    ],
    ROUNDS,
  )
  const batches = await inTurns(
    [
      { name: `raw inserts, ${BATCH} a transaction`, run: () => rawBatches(raw, random) },
      { name: `appends, ${BATCH} a commit`, run: () => appendBatches(forBatches, random) },
    ],
    ROUNDS,
  )
  for (const store of stores) await store.close()
  const [select, load] = reads as [Measured, Measured]
  const [insert, oneCaller, manyCallers] = appends as [Measured, Measured, Measured]
  const [rawBatch, batch] = batches as [Measured, Measured]
  return [
    { what: 'one caller / raw insert', over: oneCaller, under: insert, atLeast: 0.65 },
    { what: `${CALLERS} callers / one caller`, over: manyCallers, under: oneCaller, atLeast: 5 },
    { what: `batches of ${BATCH} / raw batches`, over: batch, under: rawBatch, atLeast: 0.4 },
    { what: 'load of 100 / raw select', over: load, under: select, atLeast: 0.5 },
  ]
}

/** The cursor up to which each cart was read. */
class Carts {
  readonly #first: Cursor
  readonly #cursors = new Map<number, Cursor>()

  private constructor(first: Cursor) {
    this.#first = first
  }

  /** All of them as they are now. */
  static async of(store: EventStore): Promise<Carts> {
    return new Carts((await store.load([{ types: ['nothing'] }])).cursor)
  }

  cursor(cart: number): Cursor {
    return this.#cursors.get(cart) ?? this.#first
  }

  seen(cart: number, cursor: Cursor | undefined): void {
    if (cursor !== undefined) this.#cursors.set(cart, cursor)
  }
}

async function fill(
  stores: readonly EventStore[],
  raws: readonly RawLog[],
  random: Random,
): Promise<void> {
  for (let done = 0; done < EVENTS; done += BATCH) {
    const events = Array.from({ length: BATCH }, (_, index) =>
      sampleEvent(random, (done + index) % CARTS),
    )
    for (const raw of raws) raw.append(events)
    for (const store of stores) await store.commit({ events })
  }
}

/** Callers who each await one append after another, on carts of their own. */
async function callers(
  count: number,
  store: EventStore,
  carts: Carts,
  random: Random,
): Promise<number> {
  const each = Math.ceil(APPENDS / count)
  const caller = async (number: number): Promise<void> => {
    for (let done = 0; done < each; done += 1) {
      const cart = count * random(Math.floor(CARTS / count)) + number
      const streams = [{ filter: { cartId: cartIdOf(cart) } }]
      const { cursor } = await store.commit({
        events: [sampleEvent(random, cart)],
        conditions: [{ streams, after: carts.cursor(cart) }],
      })
      carts.seen(cart, cursor)
    }
  }
  await Promise.all(Array.from({ length: count }, (_, number) => caller(number)))
  return each * count
}

function rawAppends(raw: RawLog, random: Random): number {
  for (let done = 0; done < APPENDS; done += 1) raw.append([sampleEvent(random)])
  return APPENDS
}

function rawBatches(raw: RawLog, random: Random): number {
  for (let done = 0; done < APPENDS; done += BATCH) {
    raw.append(Array.from({ length: BATCH }, () => sampleEvent(random)))
  }
  return APPENDS
}

async function appendBatches(store: EventStore, random: Random): Promise<number> {
  for (let done = 0; done < APPENDS; done += BATCH) {
    await store.commit({ events: Array.from({ length: BATCH }, () => sampleEvent(random)) })
  }
  return APPENDS
}

function selects(raw: RawLog, random: Random): number {
  for (let done = 0; done < READS; done += 1) expectRows(raw.select(cartIdOf(random(CARTS))))
  return READS
}

async function loads(store: EventStore, random: Random): Promise<number> {
  for (let done = 0; done < READS; done += 1) {
    const { events } = await store.load([{ filter: { cartId: cartIdOf(random(CARTS)) } }])
    expectRows(events)
  }
  return READS
}

function expectRows(rows: readonly unknown[]): void {
  if (rows.length !== EVENTS / CARTS) throw new Error(`${rows.length} rows were read`)
}
