import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { Client, Pool } from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { carts, happened } from './faults/log.fixture.ts'
import { faultsOf } from './faults/whole.fixture.ts'
import { dropSql, migrate, migrationSql, openPostgres, type PostgresTables } from './index.ts'
import { freshDatabase } from './server.fixture.ts'

interface Database {
  readonly url: string
  readonly pool: Pool
  readonly query: <Row = Record<string, unknown>>(text: string) => Promise<Row[]>
  readonly as: (role: string) => Pool
}

async function open(server?: string): Promise<Database> {
  const database = await freshDatabase(server)
  onTestFinished(() => database[Symbol.asyncDispose]())
  const poolOf = (url: string): Pool => {
    const pool = new Pool({ connectionString: url })
    pool.on('error', () => {})
    onTestFinished(() => pool.end())
    return pool
  }
  const pool = poolOf(database.url)
  return {
    url: database.url,
    pool,
    query: async <Row>(sql: string) => (await pool.query<Row & object>(sql)).rows,
    as: (role) => {
      const url = new URL(database.url)
      url.username = role
      return poolOf(url.href)
    },
  }
}

/** Everything in the database that is not PostgreSQL's own. */
const CONTENT = `select n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' ' || c.oid || ' ' || coalesce((
      select string_agg(a.attname || format_type(a.atttypid, a.atttypmod), ',' order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0), '') as what
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  union all select n.nspname || '.' || p.proname || ' ' || md5(p.prosrc) from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  union all select 'schema ' || nspname from pg_namespace
    where nspname not like 'pg\\_%' and nspname <> 'information_schema'
  order by 1`

const servers = [
  ['PostgreSQL 18', undefined],
  ['PostgreSQL 15', 'postgres15Url'],
] as const

describe.each(servers)('%s', (_, provided) => {
  const missing =
    provided && inject(provided) === undefined ? inject('postgres15Missing') : undefined
  const server = (): string | undefined => provided && inject(provided)

  test('a second migration changes nothing', async (context) => {
    if (missing !== undefined) return context.skip(missing)
    const { pool, query } = await open(server())
    const tables = { events: { schema: 'shop', name: 'facts' } }
    await migrate(pool, tables, { eventIndexes: ['cartId'] })
    await migrate(pool)
    const store = openPostgres({ pool })
    await store.commit({ events: [happened('k1')] })
    const content = await query(CONTENT)
    expect(content.length).toBeGreaterThan(10)
    await migrate(pool, tables, { eventIndexes: ['cartId'] })
    await migrate(pool)
    expect(await query(CONTENT)).toEqual(content)
    expect(await carts(store)).toEqual(['1 k1'])
  })

  test('many migrations at once on a fresh database make one log', async (context) => {
    if (missing !== undefined) return context.skip(missing)
    const { url, pool } = await open(server())
    const others = Array.from({ length: 6 }, () => new Client({ connectionString: url }))
    await Promise.all(others.map((client) => client.connect()))
    const names = ['events', 'facts', 'events', 'facts', 'events', 'events']
    const migrated = await Promise.allSettled(
      others.map((client, index) => migrate(client, { events: { name: names[index] ?? '' } })),
    )
    await Promise.all(others.map((client) => client.end()))
    for (const result of migrated) expect(result).toMatchObject({ status: 'fulfilled' })
    await openPostgres({ pool }).commit({ events: [happened('k1')] })
    expect(await faultsOf(url)).toEqual([])
  })

  test('dropping takes everything away, and leaves other logs alone', async (context) => {
    if (missing !== undefined) return context.skip(missing)
    const { pool, query } = await open(server())
    const empty = await query(CONTENT)
    const shop = { events: { name: 'facts' }, projections: { name: 'views' } }
    await migrate(pool)
    const one = await query(CONTENT)
    await migrate(pool, shop, { eventIndexes: ['cartId'], projectionIndexes: ['cartId'] })
    await pool.query(dropSql(shop))
    expect(await query(CONTENT)).toEqual(one)
    await pool.query(dropSql())
    await pool.query(dropSql())
    expect(await query(CONTENT)).toEqual(empty)
    await migrate(pool)
    await openPostgres({ pool }).commit({ events: [happened('k1')] })
  })

  test.each<PostgresTables>([
    { events: { name: 'Events "of" it\'s' }, projections: { name: 'Projektionen für $1 ?' } },
    {
      events: { schema: 'My.Schema', name: 'a.b' },
      projections: { schema: 'public', name: 'c.d' },
    },
    { events: { schema: 'ev%s', name: '%' }, projections: { schema: '$$', name: '$migration$' } },
    { events: { name: 'select' }, projections: { name: 'x'.repeat(45) } },
    { events: { schema: 'y'.repeat(45), name: 'z'.repeat(45) }, projections: { name: '\\' } },
  ])('tables may have any names: %o', async (tables) => {
    if (missing !== undefined) return
    const { url, pool, query } = await open(server())
    const empty = await query(CONTENT)
    const options = { eventIndexes: ['cartId', "it's"], projectionIndexes: ['"?"'] }
    await migrate(pool, tables, options)
    await migrate(pool, tables, options)
    for (const plainStatements of [false, true]) {
      const store = openPostgres({ pool, tables, plainStatements })
      const { cursor } = await store.load('all')
      await store.commit({
        events: [happened('k1')],
        conditions: [{ streams: 'all', after: cursor }],
        documents: [{ type: 'cart', id: 'k1', data: { '"?"': 1 }, if: 'newer', cursor }],
        outbox: [{ type: 'a', data: 1 }],
      })
    }
    expect(await faultsOf(url, { tables })).toEqual([])
    const other = openPostgres({ pool, tables: { ...tables, projections: { name: 'elsewhere' } } })
    await expect(other.load('all')).rejects.toMatchObject({ fault: 'not-a-log' })
    await pool.query(dropSql(tables))
    const schemas = [tables.events?.schema, tables.projections?.schema].filter((name) => name)
    const left = (await query<{ what: string }>(CONTENT)).map(({ what }) => what)
    const made = schemas.filter((name) => name !== 'public').map((name) => `schema ${name}`)
    expect(left.filter((what) => !made.includes(what))).toEqual(empty.map(({ what }) => what))
  })
})

test('two processes that start at once on a fresh database both go on', async () => {
  const { url, pool } = await open()
  const script = `
    import { Pool } from 'pg'
    import { migrate, openPostgres } from 'eventfold/postgres'
    const pool = new Pool({ connectionString: process.argv[1] })
    await migrate(pool)
    await openPostgres({ pool }).commit({ events: [{ type: 'HAPPENED', data: { cartId: 'k1' } }] })
    await pool.end()`
  const started = [1, 2].map(async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=eventfold-source', '--input-type=module', '--eval', script, url],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const [errors] = await Promise.all([text(child.stderr), once(child, 'close')])
    return errors
  })
  expect(await Promise.all(started)).toEqual(['', ''])
  expect(await carts(openPostgres({ pool }))).toEqual(['1 k1', '2 k1'])
})

test('a role that may make nothing is enough where everything is there', async () => {
  const { pool, query, as } = await open()
  const role = `role_${Math.random().toString(36).slice(2)}`
  await query(`create role ${role} login`)
  onTestFinished(async () => {
    await query(`drop owned by ${role}`)
    await query(`drop role ${role}`)
  })
  const limited = as(role)
  await expect(migrate(limited)).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringContaining('permission denied'),
  })
  await migrate(pool)
  await query(`grant usage on schema eventfold to ${role};
    grant select, insert, update, delete on all tables in schema public, eventfold to ${role};
    revoke all on schema public from ${role}`)
  for (const way of [{}, { plainStatements: true }]) {
    await openPostgres({ pool: limited, ...way }).commit({
      events: [happened('k1')],
      documents: [{ type: 'cart', id: 'k1', data: 1 }],
      outbox: [{ type: 'a', data: 1 }],
      idempotency: { key: JSON.stringify(way) },
    })
  }
  expect(await carts(openPostgres({ pool: limited }))).toEqual(['1 k1', '2 k1'])
})

test('a log that was never made, or not to its end, names the call that makes it', async () => {
  const { pool, query } = await open()
  const incomplete = {
    code: 'STORE',
    fault: 'not-a-log',
    retryable: false,
    outcome: 'none',
    message: expect.stringContaining('migrate(…)'),
  }
  const calls = async (): Promise<void> => {
    for (const plainStatements of [false, true]) {
      const store = openPostgres({ pool, plainStatements })
      await expect(store.commit({ events: [happened('k1')] })).rejects.toMatchObject(incomplete)
      await expect(store.load('all')).rejects.toMatchObject(incomplete)
      await expect(store.outbox.read()).rejects.toMatchObject(incomplete)
      await expect(Array.fromAsync(store.read('all'))).rejects.toMatchObject(incomplete)
    }
  }
  await calls()
  await query(`create table events (position bigint, id text, type text, data jsonb)`)
  await calls()
  await query('drop table events')
  await migrate(pool, { events: { name: 'facts' }, projections: { name: 'views' } })
  await calls()
  await migrate(pool)
  const store = openPostgres({ pool })
  await store.commit({ events: [happened('k1')] })
  await query('drop table eventfold."public.events.keys"')
  await expect(store.commit({ events: [happened('k1')] })).rejects.toMatchObject(incomplete)
  await query(dropSql())
  await expect(store.commit({ events: [happened('k1')] })).rejects.toMatchObject(incomplete)
  await expect(store.load('all')).rejects.toMatchObject(incomplete)
})

test('a log without its routines says so, takes plain statements, and is completed by migrate', async () => {
  const { pool, query } = await open()
  await migrate(pool)
  const store = openPostgres({ pool })
  await store.commit({ events: [happened('k1')] })
  await query(`drop procedure eventfold."public.events.commit";
    drop function eventfold."public.events.append"`)
  await expect(store.commit({ events: [happened('k2')] })).rejects.toMatchObject({
    fault: 'not-a-log',
    message: expect.stringContaining('migrate(…)'),
  })
  await openPostgres({ pool, plainStatements: true }).commit({ events: [happened('k2')] })
  await migrate(pool)
  await store.commit({ events: [happened('k3')] })
  expect(await carts(store)).toEqual(['1 k1', '2 k2', '3 k3'])
})

test('a table of another shape is left as it is, and named with what it lacks', async () => {
  const { pool, query } = await open()
  await query(`create table events (id serial primary key, name text)`)
  await query(`insert into events (name) values ('a party')`)
  const content = await query(CONTENT)
  await expect(migrate(pool)).rejects.toMatchObject({
    code: 'STORE',
    fault: 'not-a-log',
    message: expect.stringMatching(/events.*position bigint.*tables of its own/su),
  })
  expect(await query(CONTENT)).toEqual(content)
  await migrate(pool, { events: { schema: 'log', name: 'events' } })
  await query('create table projections2 (id text)')
  const other = { events: { name: 'events2' }, projections: { name: 'projections2' } }
  await expect(migrate(pool, other)).rejects.toMatchObject({
    fault: 'not-a-log',
    message: expect.stringContaining('revision bigint'),
  })
})

test('a log that files its events under other identifiers is refused', async () => {
  const { pool } = await open()
  await migrate(pool, {}, { identifiers: ['*Id', 'sku'] })
  const store = openPostgres({ pool, identifiers: ['*Id', 'sku'] })
  await store.commit({ events: [{ type: 'A', data: { sku: 'sku_1' } }] })
  await expect(openPostgres({ pool }).load('all')).rejects.toMatchObject({
    fault: 'identifiers',
    message: expect.stringContaining('reindexPostgres'),
  })
  await expect(migrate(pool)).rejects.toMatchObject({
    code: 'STORE',
    fault: 'identifiers',
    message: expect.stringMatching(/sku.*reindexPostgres/u),
  })
})

test.each(['SQL_ASCII', 'LATIN1'])('a database in %s is refused', async (encoding) => {
  const { url, query } = await open()
  const name = `other_${Math.random().toString(36).slice(2)}`
  await query(`create database ${name} encoding '${encoding}' locale 'C' template template0`)
  const target = new URL(url)
  target.pathname = `/${name}`
  const client = new Client({ connectionString: target.href })
  await client.connect()
  const { rows } = await client.query(CONTENT)
  await expect(migrate(client)).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringMatching(new RegExp(`UTF8.*${encoding}`, 'u')),
  })
  expect((await client.query(CONTENT)).rows).toEqual(rows)
  await client.end()
  await query(`drop database ${name}`)
})

test.each(['on', 'off'])(
  'a name never ends the text that it stands in, with standard_conforming_strings %s',
  async (standard) => {
    const { url, query } = await open()
    const options = `-c standard_conforming_strings=${standard}`
    const pool = new Pool({ connectionString: url, options })
    pool.on('error', () => {})
    onTestFinished(() => pool.end())
    const names = ['$program$', '$migration$', '$program1$ "', String.raw`a\' b`, "%'?$1", '"--']
    for (const name of names) {
      const tables = { events: { schema: name, name }, projections: { schema: name, name: 'p' } }
      await migrate(pool, tables)
      await migrate(pool, tables)
      for (const plainStatements of [false, true]) {
        const store = openPostgres({ pool, tables, plainStatements })
        await store.commit({ events: [happened(name)] })
      }
      expect(await carts(openPostgres({ pool, tables }))).toEqual([`1 ${name}`, `2 ${name}`])
      await query(dropSql(tables))
    }
  },
)

test('what a connection is set to changes nothing', async () => {
  const { url } = await open()
  const settings = [
    'search_path=',
    'quote_all_identifiers=on',
    'default_transaction_isolation=serializable',
    'DateStyle=SQL,DMY',
    'TimeZone=Asia/Kathmandu',
    'extra_float_digits=-15',
    'transform_null_equals=on',
    'array_nulls=off',
  ]
  const options = settings.map((setting) => `-c ${setting}`).join(' ')
  const pool = new Pool({ connectionString: url, options })
  pool.on('error', () => {})
  onTestFinished(() => pool.end())
  await migrate(pool)
  await migrate(pool)
  for (const plainStatements of [false, true]) {
    const store = openPostgres({ pool, plainStatements })
    const { events } = await store.commit({ events: [happened('k1')] })
    const streams = [{ types: ['HAPPENED'], filter: { cartId: { in: ['k1'] } } }]
    const loaded = await store.load(streams)
    expect(loaded.events.at(-1)).toEqual(events[0])
    await expect(
      store.commit({ events: [happened('k1')], conditions: [{ streams }] }),
    ).rejects.toMatchObject({ code: 'CONFLICT' })
  }
})

test('the statement has no parameter that a query builder would look for', () => {
  const odd = { events: { name: 'any' }, projections: { name: 'other' } }
  const options = { eventIndexes: ['cartId'], projectionIndexes: ['cartId'] }
  expect(migrationSql(odd, options) + dropSql(odd)).not.toContain('?')
})
