import { existsSync } from 'node:fs'
import { identifierTest, keysOf, type Identifiers } from '../../event/identifiers.ts'
import { throwIfAborted } from '../../store/check-read.ts'
import { StoreError } from '../../store/errors.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import { nextTurn, whenFree } from './busy.ts'
import { checkOptions } from './check-options.ts'
import { asStoreError } from './errors.ts'
import type { Connection, SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { gap } from './log.ts'
import { connect, identifiersText, inTransaction, openingError, prepareTables } from './open.ts'
import { Recent } from './recent.ts'
import { prepareStatements, reindexing, type Statements } from './statements.ts'
import { eventOf } from './rows.ts'
import { TypeNumbers } from './type-numbers.ts'
import { partsOf } from './terms.ts'

export interface ReindexOptions {
  /** The identifiers to go on with. */
  readonly identifiers: Identifiers
  /** How data becomes text, as the log is opened. Default is plain JSON. */
  readonly codec?: JsonCodec
  /** What opens the file. Default is the SQLite of Node. */
  readonly driver?: SqliteDriver
  /** How long to wait while another process holds the lock, in milliseconds. Default is 10,000. */
  readonly busyTimeout?: number
  readonly signal?: AbortSignal
}

/** Events that one transaction indexes. */
const BATCH = 4_096
const PAGE = 512

/**
 * Indexes a log anew by other identifiers. The log stays in use meanwhile; at the end the new index
 * takes the place of the old one at once, and stores that are still open refuse every call until they
 * are opened again with the new identifiers. Where it was stopped half-way, the same call goes on.
 *
 * ```ts
 * import { openSqlite, reindexSqlite } from 'eventfold/sqlite'
 *
 * await openSqlite('shop.db').close() // a log by the default identifiers
 *
 * const identifiers = ['*Id', 'sku']
 * await reindexSqlite('shop.db', { identifiers })
 * const store = openSqlite('shop.db', { identifiers })
 * ```
 */
export async function reindexSqlite(path: string, options: ReindexOptions): Promise<void> {
  const { identifiers, driver = nodeSqlite, busyTimeout = 10_000, signal } = options
  checkOptions({ identifiers, busyTimeout })
  if (!existsSync(path)) {
    throw new StoreError('not-a-log', `Cannot reindex ${path}: there is no such file.`)
  }
  const connection = connect(path, driver)
  const patience = { path, timeout: busyTimeout, signal }
  try {
    const opening = (): void => prepareTables(connection, path, identifiers, 'FULL')
    await whenFree(opening, { ...patience, what: 'open' }).catch((error: unknown) => {
      throw openingError(error, path)
    })
    const build = new Build(connection, options)
    for (let done = false; !done;) {
      throwIfAborted(signal, 'the reindexing')
      done = await whenFree(() => build.step(), { ...patience, what: 'reindex' })
      await nextTurn()
    }
  } catch (error) {
    throw asStoreError(error, 'reindex', path)
  } finally {
    connection.close()
  }
}

/** Builds the new index beside the old one, a batch of events at a time. */
class Build {
  readonly #connection: Connection
  readonly #statements: Statements
  readonly #codec: JsonCodec
  readonly #isIdentifier: (key: string) => boolean
  readonly #wanted: string

  constructor(connection: Connection, { identifiers, codec = jsonCodec }: ReindexOptions) {
    this.#connection = connection
    this.#statements = prepareStatements(connection)
    this.#codec = codec
    this.#isIdentifier = identifierTest(identifiers)
    this.#wanted = identifiersText(identifiers)
  }

  /** Does the next batch in a transaction of its own; `true` after the last. */
  step(): boolean {
    let done = false
    inTransaction(this.#connection, () => {
      const [recorded, next, filed] = this.#connection
        .query<readonly [string, string | null, number | null]>(reindexing.state)
        .get() as readonly [string, string | null, number | null]
      done = recorded === this.#wanted
      if (done) this.#forget(next)
      else if (next !== this.#wanted) this.#begin()
      else done = this.#indexAfter(filed ?? 0)
    })
    return done
  }

  #begin(): void {
    this.#connection.execute(reindexing.drop)
    this.#connection.execute(reindexing.create)
    this.#connection.command(reindexing.begin).run(this.#wanted)
  }

  /** Another set of identifiers was begun and given up. */
  #forget(next: string | null): void {
    if (next === null) return
    this.#connection.execute(reindexing.drop)
    this.#connection.execute(reindexing.forget)
  }

  #indexAfter(filed: number): boolean {
    const batch = this.#read(filed)
    const types = new TypeNumbers(this.#statements)
    const numberAt = (position: number): number => types.assign(batch.typeAt(position))
    const append = this.#connection.command(reindexing.append)
    const insert = this.#connection.command(reindexing.insert)
    for (const term of [...batch.terms].sort()) {
      for (const [index, part] of partsOf(term, batch.positionsOf(term), numberAt).entries()) {
        const { first, entries, room } = part
        if (index === 0) append.run(term, room, term, first, entries)
        else insert.run(term, first, entries)
      }
    }
    this.#connection.command(reindexing.filed).run(batch.end)
    // What comes after this batch is found as every recent event is.
    if (batch.count === BATCH) return false
    this.#connection.execute(reindexing.replace)
    return true
  }

  #read(filed: number): Recent {
    const batch = new Recent()
    batch.reset(filed)
    const source = { statements: this.#statements, codec: this.#codec }
    for (let more = true; more && batch.count < BATCH;) {
      const rows = this.#statements.eventsUp.all(batch.end + 1, filed + BATCH, PAGE)
      for (const row of rows) {
        const { id, type, data, position } = eventOf(row, source)
        if (position !== batch.end + 1) throw gap(batch.end + 1)
        batch.add(id, type, keysOf(data, this.#isIdentifier))
      }
      more = rows.length === PAGE
    }
    return batch
  }
}
