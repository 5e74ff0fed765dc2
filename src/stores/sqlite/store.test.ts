import { describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { openSqlite, type SqliteOptions } from './index.ts'
import { drivers, hurried, openTuned, temporaryFolder } from './stores.fixture.ts'

const rooms: Readonly<
  Record<string, (path: string, options: SqliteOptions) => ReturnType<typeof openSqlite>>
> = {
  ...Object.fromEntries(
    Object.entries(drivers).map(([name, driver]) => [
      `SQLite through ${name}`,
      (path: string, options: SqliteOptions) => openSqlite(path, { ...options, driver }),
    ]),
  ),
  'SQLite that files every few events': (path, options) =>
    openTuned(path, { ...options, filing: hurried }),
  'SQLite that searches for conditions outside the lock': (path, options) =>
    openTuned(path, { ...options, lockedAllowance: 1 }),
}

for (const [name, open] of Object.entries(rooms)) {
  conformance(
    { describe, it },
    {
      name,
      open: (options) => {
        const folder = temporaryFolder()
        const reopen = () => open(folder.file('log.db'), options)
        return { store: reopen(), reopen, remove: () => folder[Symbol.dispose]() }
      },
      can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
    },
  )
}
