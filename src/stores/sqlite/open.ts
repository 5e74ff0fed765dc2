import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Identifiers } from '../../event/identifiers.ts'
import { ArgumentError, StoreError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import { asStoreError, isCannotOpen, isStatementError } from './errors.ts'
import type { Connection, SqliteDriver } from './hand.ts'
import { migrations, VERSION } from './migrations.ts'
import { opening, prepareStatements, settings, type Statements } from './statements.ts'

const MEMORY = ':memory:'

/** A log that is ready to be used. */
export interface OpenedLog {
  readonly statements: Statements
  /** Grows whenever another library version or another set of identifiers takes over. */
  readonly epoch: number
}

/** Opens the file, or makes it. Nothing is read or written yet. */
export function connect(path: string, driver: SqliteDriver): Connection {
  if (typeof path !== 'string' || path === '') {
    throw new ArgumentError(
      `openSqlite takes the path of a file or ':memory:', found ${show(path)}`,
    )
  }
  if (path !== MEMORY && existsSync(path) && !isWritable(path)) throw readOnly(path, undefined)
  try {
    // Resolved, so that no driver takes it for a URI.
    return driver(path === MEMORY ? path : resolve(path))
  } catch (error) {
    throw openingError(error, path)
  }
}

/**
 * Checks that the file is a log or may become one, and makes its tables. Fails with the driver's error
 * where the file is locked.
 */
export function prepareTables(
  connection: Connection,
  path: string,
  identifiers: Identifiers,
  synchronous: 'FULL' | 'NORMAL',
): void {
  connection.execute(settings(synchronous))
  const version = versionOf(connection, path)
  if (version === 0) refuseUtf16(connection, path)
  connection.query(opening.useWal).get()
  if (version === VERSION) return
  inTransaction(connection, () => migrate(connection, versionOf(connection, path), identifiers))
}

/** As {@link prepareTables}, and prepares what runs on them. */
export function openLog(
  connection: Connection,
  path: string,
  identifiers: Identifiers,
  synchronous: 'FULL' | 'NORMAL',
): OpenedLog {
  prepareTables(connection, path, identifiers, synchronous)
  const statements = prepare(connection, path)
  return { statements, epoch: agreeOnIdentifiers(connection, path, identifiers) }
}

/** The error of a file that cannot be opened. */
export function openingError(error: unknown, path: string): Error {
  if (isCannotOpen(error)) {
    const folder = dirname(resolve(path))
    if (existsSync(folder) && !isWritable(folder)) return readOnly(path, error)
    return new StoreError(
      'driver',
      `Cannot open ${path}: ${(error as Error).message}. ` +
        (existsSync(folder) ? 'Is it a file?' : `Make the folder ${folder} first.`),
      { cause: error },
    )
  }
  return asStoreError(error, 'open', path)
}

/** The identifiers as they are recorded: in no order of their own. */
export function identifiersText(identifiers: Identifiers): string {
  return JSON.stringify([...new Set(identifiers)].sort())
}

/** Runs `body` under the lock of all writers. */
export function inTransaction(connection: Connection, body: () => void): void {
  connection.execute('begin immediate')
  try {
    body()
    connection.execute('commit')
  } catch (error) {
    try {
      connection.execute('rollback')
    } catch {
      // Some errors have ended the transaction already.
    }
    throw error
  }
}

/** The version of the tables; 0 where there are none yet. */
function versionOf(connection: Connection, path: string): number {
  const names = connection.query<readonly [string]>(opening.names).all()
  if (names.length === 0) return 0
  const version = ask(connection, path, opening.version)?.[0]
  if (typeof version !== 'number') throw notALog(path, `it has a table ${names[0]?.[0]}`)
  if (version > VERSION) {
    throw new StoreError(
      'newer-version',
      `${path} was written by a newer version of eventfold: its tables are version ${version}, ` +
        `this library knows ${VERSION}. Update eventfold.`,
    )
  }
  return version
}

/** Texts would have another order than in the other stores, and ids would not be found again. */
function refuseUtf16(connection: Connection, path: string): void {
  const encoding = connection.query<readonly [string]>(opening.encoding).get()?.[0]
  if (encoding === 'UTF-8') return
  throw new StoreError(
    'not-a-log',
    `${path} is a database of ${encoding} texts, and a log keeps UTF-8. Name another file.`,
  )
}

function migrate(connection: Connection, version: number, identifiers: Identifiers): void {
  if (version === VERSION) return
  for (const migration of migrations.slice(version)) connection.execute(migration)
  if (version === 0) connection.command(opening.create).run(identifiersText(identifiers))
  connection.command(opening.setVersion).run(VERSION)
}

function prepare(connection: Connection, path: string): Statements {
  try {
    return prepareStatements(connection)
  } catch (error) {
    if (isStatementError(error)) throw notALog(path, (error as Error).message, error)
    throw error
  }
}

function agreeOnIdentifiers(
  connection: Connection,
  path: string,
  identifiers: Identifiers,
): number {
  const wanted = identifiersText(identifiers)
  const [epoch, recorded] = ask(connection, path, opening.epoch) as [number, string]
  if (recorded === wanted) return epoch
  if (connection.query(opening.hasEvents).get() !== undefined) {
    throw new StoreError(
      'identifiers',
      `${path} is indexed by the identifiers ${recorded}, this call names ${wanted}. ` +
        'Open it with the recorded ones, or call reindexSqlite(path, { identifiers }) once.',
    )
  }
  inTransaction(connection, () => {
    if (connection.query(opening.hasEvents).get() === undefined) {
      connection.command(opening.setIdentifiers).run(wanted)
    }
  })
  return agreeOnIdentifiers(connection, path, identifiers)
}

/** Asks the table `eventfold_meta`, which may be somebody else's. */
function ask(connection: Connection, path: string, sql: string): readonly unknown[] | undefined {
  try {
    return connection.query(sql).get()
  } catch (error) {
    if (isStatementError(error)) throw notALog(path, (error as Error).message, error)
    throw error
  }
}

function notALog(path: string, found: string, cause?: unknown): StoreError {
  return new StoreError(
    'not-a-log',
    `${path} is not a log: ${found}, which is not of this library. ` +
      'Name another file; tables whose names start with eventfold_ are its own.',
    { cause },
  )
}

function readOnly(path: string, cause: unknown): StoreError {
  return new StoreError(
    'read-only',
    `Cannot open ${path}: this process may not write it. Give it the right to write the file and its folder.`,
    { cause },
  )
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
