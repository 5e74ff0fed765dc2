import { existsSync } from 'node:fs'
import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { listProcesses } from './leftovers.fixture.ts'
import { freshDatabase, postgresUrl, startServer } from './server.fixture.ts'

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows.map((row) => Object.values(row)[0])
  } finally {
    await client.end()
  }
}

test('the server of the run does not wait for the disk', async () => {
  expect(await query(postgresUrl(), 'show fsync')).toEqual(['off'])
  expect(await query(postgresUrl(), 'show server_version_num')).toEqual([
    expect.stringMatching(/^18/),
  ])
})

test('PostgreSQL 15 is there, or it is said how to get it', async (context) => {
  const url = inject('postgres15Url')
  if (url === undefined) return context.skip(inject('postgres15Missing'))
  expect(await query(url, 'show server_version_num')).toEqual([expect.stringMatching(/^15/)])
  await using database = await freshDatabase(url)
  expect(await query(database.url, 'select 1')).toEqual([1])
})

test('a fresh database is empty, and gone at the end with a connection in it', async () => {
  const seen: string[] = []
  const count = (name: string): string =>
    `select count(*)::int from pg_database where datname = '${name}'`
  {
    await using first = await freshDatabase()
    await using second = await freshDatabase()
    await query(first.url, 'create table a ()')
    expect(await query(second.url, `select to_regclass('a')`)).toEqual([null])
    const names = [first, second].map(({ url }) => new URL(url).pathname.slice(1))
    seen.push(...names)
    const client = new Client({ connectionString: first.url })
    client.on('error', () => {})
    await client.connect()
    expect(await query(postgresUrl(), count(names[0] ?? ''))).toEqual([1])
  }
  for (const name of seen) expect(await query(postgresUrl(), count(name))).toEqual([0])
})

test('a killed server starts again with what was committed', async () => {
  await using server = await startServer({ settings: { work_mem: '5MB' } })
  expect(await query(server.url, 'show fsync')).toEqual(['on'])
  expect(await query(server.url, 'show work_mem')).toEqual(['5MB'])
  await query(server.url, 'create table kept as select 1 as n')
  const open = new Client({ connectionString: server.url })
  open.on('error', () => {})
  await open.connect()
  await open.query('begin; insert into kept values (2)')
  const [pid] = await query(
    server.url,
    "select pid from pg_stat_activity where state = 'idle in transaction'",
  )
  expect(listProcesses().filter((process) => process.pid === pid)).toHaveLength(1)

  await server.kill()
  await expect(query(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  expect(listProcesses().filter((process) => process.pid === pid)).toEqual([])

  await server.start()
  expect(server.log()).toContain('not properly shut down')
  expect(await query(server.url, 'select n from kept')).toEqual([1])
  await server.stop()
  await server.start()
  expect(await query(server.url, 'select n from kept')).toEqual([1])
})

test('nothing of a server is left, neither files nor processes', async () => {
  const server = await startServer()
  const [data] = await query(server.url, 'show data_directory')
  expect(existsSync(String(data))).toBe(true)
  expect(processesOn(data)).toHaveLength(1)
  await server[Symbol.asyncDispose]()
  expect(existsSync(String(data))).toBe(false)
  expect(processesOn(data)).toEqual([])
})

test('a server that cannot start says why', async () => {
  const settings = { max_connections: 'many' }
  await expect(startServer({ settings })).rejects.toThrow('max_connections')
})

function processesOn(data: unknown): unknown[] {
  return listProcesses().filter(({ command }) => command.includes(String(data)))
}
