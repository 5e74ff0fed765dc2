import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import Libsql from 'libsql'
import { fromBetterSqlite3, fromLibsql, openSqlite } from 'eventfold/sqlite'
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
/** Each round appends more than waits to be filed, so that every round pays for filing. */
const APPENDS = 8_000
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
        `SQLite through ${name}, FULL sync, ${EVENTS.toLocaleString('en')} events`,
        await figures(own, driver),
      )
    } finally {
      rmSync(own, { recursive: true })
    }
  }
}

async function figures(folder: string, driver: SqliteDriver): Promise<Figure[]> {
  const random = randomNumbers(7)
  const store = openSqlite(join(folder, 'eventfold.db'), { driver })
  const raw = openRawLog(driver(join(folder, 'raw.db')), false)
  const rawIndexed = openRawLog(driver(join(folder, 'raw-indexed.db')), true)
  const cursor = await fill(store, [raw, rawIndexed], random)
  const reads = await inTurns(
    [
      { name: 'raw select of 100', run: () => selects(rawIndexed, random) },
      { name: 'load of 100', run: () => loads(store, random) },
    ],
    ROUNDS,
  )
  const carts = new Carts(cursor)
  const appends = await inTurns(
    [
      { name: 'raw insert', run: () => rawAppends(raw, random) },
      { name: 'conditional append, 1 caller', run: () => callers(1, store, carts, random) },
      {
        name: `conditional append, ${CALLERS} callers`,
        run: () => callers(CALLERS, store, carts, random),
      },
    ],
    ROUNDS,
  )
  const batches = await inTurns(
    [
      { name: `raw inserts, ${BATCH} a transaction`, run: () => rawBatches(raw, random) },
      { name: `appends, ${BATCH} a commit`, run: () => appendBatches(store, random) },
    ],
    ROUNDS,
  )
  await store.close()
  const [select, load] = reads as [Measured, Measured]
  const [insert, one, many] = appends as [Measured, Measured, Measured]
  const [rawBatch, batch] = batches as [Measured, Measured]
  return [
    { what: 'one caller / raw insert', over: one, under: insert, atLeast: 0.65 },
    { what: `${CALLERS} callers / one caller`, over: many, under: one, atLeast: 5 },
    { what: `batches of ${BATCH} / raw batches`, over: batch, under: rawBatch, atLeast: 0.4 },
    { what: 'load of 100 / raw select', over: load, under: select, atLeast: 0.5 },
  ]
}

/** The cursor up to which each cart was read. */
class Carts {
  readonly #first: Cursor
  readonly #cursors = new Map<number, Cursor>()

  constructor(first: Cursor) {
    this.#first = first
  }

  cursor(cart: number): Cursor {
    return this.#cursors.get(cart) ?? this.#first
  }

  seen(cart: number, cursor: Cursor | undefined): void {
    if (cursor !== undefined) this.#cursors.set(cart, cursor)
  }
}

async function fill(store: EventStore, raws: readonly RawLog[], random: Random): Promise<Cursor> {
  for (let done = 0; done < EVENTS; done += BATCH) {
    const events = Array.from({ length: BATCH }, (_, index) =>
      sampleEvent(random, (done + index) % CARTS),
    )
    for (const raw of raws) raw.append(events)
    await store.commit({ events })
  }
  return (await store.load([{ types: ['nothing'] }])).cursor
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
