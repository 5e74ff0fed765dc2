import { execFile } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openSqlite } from './index.ts'
import { VERSION } from './migrations.ts'
import { drivers, temporaryFolder } from './stores.fixture.ts'

const rooms = Object.entries(drivers)
const event = { type: 'CART_CREATED', data: { cartId: 'cart_1' } }

test.each(rooms)('a file that is no database is refused, and stays as it is: %s', (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('notes.txt')
  const text = 'Buy milk. '.repeat(500)
  writeFileSync(path, text)
  expect(() => openSqlite(path, { driver })).toThrow(
    expect.objectContaining({ code: 'STORE', fault: 'not-a-log', retryable: false }),
  )
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test.each(
  rooms.flatMap(([name, driver]) =>
    [
      'create table eventfold_events (position integer primary key, name text)',
      'create table eventfold_meta (key text, value text)',
      "create table eventfold_meta (version integer, one integer); insert into eventfold_meta values ('x', 1)",
      'create view eventfold_keys as select 1',
    ].map((sql) => [name, sql, driver] as const),
  ),
)(
  'tables that are named like ours and are not are refused, untouched: %s, %s',
  (_, sql, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('theirs.db')
    const theirs = driver(path)
    theirs.execute(sql)
    theirs.close()
    const before = readFileSync(path)
    expect(() => openSqlite(path, { driver })).toThrow(
      expect.objectContaining({
        fault: 'not-a-log',
        message: expect.stringContaining('eventfold_'),
      }),
    )
    expect(readFileSync(path).equals(before)).toBe(true)
  },
)

test.each(rooms)('a log whose tables were changed is refused: %s', async (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await openSqlite(path, { driver }).close()
  const theirs = driver(path)
  theirs.execute('alter table eventfold_events rename column metadata to meta')
  theirs.close()
  expect(() => openSqlite(path, { driver })).toThrow(
    expect.objectContaining({ fault: 'not-a-log', message: expect.stringContaining('metadata') }),
  )
})

test.each(rooms)(
  'a log may live among other tables, and leaves them alone: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('app.db')
    const app = driver(path)
    app.execute("create table users (name text); insert into users values ('Ada')")
    await using store = openSqlite(path, { driver })
    await store.commit({ events: [event] })
    expect(app.query('select name from users').all()).toEqual([['Ada']])
    app.close()
  },
)

test.each(rooms)(
  'a log of a newer library is refused, naming both versions: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('log.db')
    await openSqlite(path, { driver }).close()
    const newer = driver(path)
    newer.execute('update eventfold_meta set version = 99')
    newer.close()
    const message = expect.stringMatching(`version 99.* ${VERSION}\\b`)
    expect(() => openSqlite(path, { driver })).toThrow(
      expect.objectContaining({ fault: 'newer-version', message }),
    )
  },
)

test.each(rooms)('an empty file becomes a log, a folder does not: %s', async (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('empty.db')
  writeFileSync(path, '')
  await using store = openSqlite(path, { driver })
  await store.commit({ events: [event] })
  expect(() => openSqlite(folder.path, { driver })).toThrow(
    expect.objectContaining({ code: 'STORE' }),
  )
})

test.each(rooms)('a missing folder is named, and not made: %s', (_, driver) => {
  using folder = temporaryFolder()
  const missing = join(folder.path, 'data')
  expect(() => openSqlite(join(missing, 'log.db'), { driver })).toThrow(
    expect.objectContaining({ fault: 'driver', message: expect.stringContaining(missing) }),
  )
  expect(existsSync(missing)).toBe(false)
})

test.each(['', undefined, 7])('%j is not a path', (path) => {
  expect(() => openSqlite(path as string)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  )
})

test('a log in memory keeps what it is told, and is one of its own', async () => {
  await using one = openSqlite(':memory:')
  await using other = openSqlite(':memory:')
  await one.commit({ events: [event] })
  expect((await one.load('all')).events).toHaveLength(1)
  expect((await other.load('all')).events).toHaveLength(0)
  expect(existsSync(':memory:')).toBe(false)
})

test('a read-only file and a read-only folder are refused, saying so', async () => {
  using folder = temporaryFolder()
  const inReadOnlyFolder = join(folder.path, 'locked', 'log.db')
  mkdirSync(join(folder.path, 'locked'))
  const readOnlyFile = folder.file('log.db')
  for (const path of [inReadOnlyFolder, readOnlyFile]) await openSqlite(path).close()
  chmodSync(readOnlyFile, 0o444)
  chmodSync(join(folder.path, 'locked'), 0o555)
  chmodSync(folder.path, 0o755)
  // Root may write everywhere: somebody else has to try.
  const isRoot = process.getuid?.() === 0
  const nobody = 65_534
  if (isRoot) chownSync(inReadOnlyFolder, nobody, nobody)
  for (const path of [readOnlyFile, inReadOnlyFolder]) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=eventfold-source', join(import.meta.dirname, 'open.fixture.ts'), path],
      { ...(isRoot && { uid: nobody, gid: nobody }), cwd: '/' },
    )
    expect(stdout).toContain('STORE read-only')
    expect(stdout).toContain(path)
  }
  chmodSync(join(folder.path, 'locked'), 0o755)
})
