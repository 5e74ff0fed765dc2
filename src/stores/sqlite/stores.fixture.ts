import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import Libsql from 'libsql'
import { DEFAULT_IDENTIFIERS, identifierTest } from '../../event/identifiers.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import type { FilingPace } from './filing.ts'
import type { SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { fromBetterSqlite3, fromLibsql, type SqliteEventStore } from './index.ts'
import { LogFile } from './log-file.ts'
import { capabilities, createStore } from './store.ts'
import { Watch } from '../../sql/watch.ts'

export const drivers: Readonly<Record<string, SqliteDriver>> = {
  'node:sqlite': nodeSqlite,
  'better-sqlite3': fromBetterSqlite3(BetterSqlite3),
  libsql: fromLibsql(Libsql),
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(): Disposable & {
  readonly path: string
  file(name: string): string
} {
  const path = mkdtempSync(join(tmpdir(), 'eventfold-sqlite-'))
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Files events in small steps, so that a short test sees them filed, half filed and not filed. */
export const hurried: FilingPace = { threshold: () => 5, rows: 2 }

/** Opens a log as `openSqlite` does, with settings that it does not offer. */
export function openTuned(
  path: string,
  tuning: {
    readonly driver?: SqliteDriver
    readonly codec?: JsonCodec
    readonly filing?: FilingPace
    readonly lockedAllowance?: number
    readonly busyTimeout?: number
    readonly queueLimit?: number
  },
): SqliteEventStore {
  const { driver = nodeSqlite, codec = jsonCodec, filing, lockedAllowance } = tuning
  const watch = new Watch(() => file.dataVersion())
  const file = new LogFile(path, {
    driver,
    codec,
    filing,
    lockedAllowance,
    identifiers: DEFAULT_IDENTIFIERS,
    synchronous: 'NORMAL',
    busyTimeout: tuning.busyTimeout ?? 10_000,
    queueLimit: tuning.queueLimit ?? 10_000,
    onWritten: () => watch.notify(),
  })
  const isIdentifier = identifierTest(DEFAULT_IDENTIFIERS)
  return createStore(file, { isIdentifier, codec, limits: capabilities.limits }, watch)
}
