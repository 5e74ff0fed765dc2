import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import Libsql from 'libsql'
import { describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { fromBetterSqlite3, fromLibsql, openSqlite, type SqliteOptions } from './index.ts'

const drivers: Readonly<Record<string, Pick<SqliteOptions, 'driver'>>> = {
  'node:sqlite': {},
  'better-sqlite3': { driver: fromBetterSqlite3(BetterSqlite3) },
  libsql: { driver: fromLibsql(Libsql) },
}

for (const [name, driver] of Object.entries(drivers)) {
  conformance(
    { describe, it },
    {
      name: `SQLite through ${name}`,
      open: (options) => {
        const folder = mkdtempSync(join(tmpdir(), 'eventfold-sqlite-'))
        const open = () => openSqlite(join(folder, 'log.db'), { ...options, ...driver })
        return { store: open(), reopen: open, remove: () => rmSync(folder, { recursive: true }) }
      },
      can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
    },
  )
}
