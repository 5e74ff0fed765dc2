import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'pg'
import { startServer } from '../src/stores/postgres/own-server.fixture.ts'
import { inTurns, type Contestant, type Measured } from './measure.ts'
import { BenchLog, type Boundary } from './postgres-log.ts'
import type { Task } from './postgres-process.ts'
import { RawEvents } from './postgres-raw.ts'
import { printFigures, type Figure } from './print.ts'
import { randomNumbers } from './sample.ts'

const ROUNDS = 5
const APPENDS = 3_000
const FLUSH = 1_000
const settings = {
  shared_buffers: '1GB',
  min_wal_size: '2GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '60min',
}

/** Compares the PostgreSQL room with plain inserts through `pg`, on a server of its own that flushes. */
export async function benchPostgres(_folder: string, names: readonly string[]): Promise<void> {
  await using server = await startServer({ settings })
  const client = new Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  await recycleWal(client)
  const title = `PostgreSQL ${rows[0]?.server_version} through pg, fsync on`
  const parts: Readonly<Record<string, () => Promise<void>>> = {
    appends: async () => printFigures(`${title}, 100,000 events`, await appends(server.url)),
    boundaries: async () =>
      printFigures(`${title}, what conditions cost`, await boundaries(server.url)),
    'slow-disk': async () => {
      await setFlush(client, FLUSH)
      printFigures(`${title}, each flush ${FLUSH / 1_000} ms longer`, await slowDisk(server.url))
      await setFlush(client, 0)
    },
  }
  try {
    for (const name of names.length > 0 ? names : Object.keys(parts)) {
      const part = parts[name]
      if (!part) throw new Error(`no part ${name}: use one of ${Object.keys(parts).join(', ')}`)
      await part()
    }
  } finally {
    await client.end()
  }
}

async function appends(url: string): Promise<Figure[]> {
  const random = randomNumbers(7)
  const raw = new RawEvents(url)
  await raw.open()
  const log = new BenchLog(url, 'appends')
  await log.fill(100_000)
  const [raw1, one, raw16, some, many] = (await inTurns(
    [
      { name: 'raw insert, 1 client', run: () => raw.insert(1, APPENDS, random) },
      { name: 'conditional append, 1 caller', run: () => log.append(1, APPENDS, random) },
      { name: 'raw insert, 16 clients', run: () => raw.insert(16, 4 * APPENDS, random) },
      { name: 'conditional append, 16 callers', run: () => log.append(16, 4 * APPENDS, random) },
      { name: 'conditional append, 64 callers', run: () => log.append(64, 8 * APPENDS, random) },
    ],
    ROUNDS,
  )) as [Measured, Measured, Measured, Measured, Measured]
  const [rows, arrays, batches] = (await inTurns(
    [
      { name: 'raw inserts of 100 rows', run: () => raw.insertRows(100, 10 * APPENDS, random) },
      {
        name: 'raw inserts of 100 from arrays',
        run: () => raw.insertArrays(100, 10 * APPENDS, random),
      },
      { name: 'appends of 100 events', run: () => log.appendMany(100, 10 * APPENDS, random) },
    ],
    ROUNDS,
  )) as [Measured, Measured, Measured]
  await Promise.all([raw.close(), log.close()])
  return [
    { what: '1 caller / raw with 1 client', over: one, under: raw1, atLeast: 0.65 },
    { what: '16 callers / raw with 16 clients', over: some, under: raw16, atLeast: 1 },
    { what: '64 callers / raw with 16 clients', over: many, under: raw16, atLeast: 1.5 },
    { what: 'batches of 100 / raw inserts of 100 rows', over: batches, under: rows, atLeast: 0.5 },
    {
      what: 'batches of 100 / raw inserts from arrays',
      over: batches,
      under: arrays,
      atLeast: 0.5,
    },
  ]
}

async function boundaries(url: string): Promise<Figure[]> {
  const random = randomNumbers(11)
  const [small, large] = [new BenchLog(url, 'small'), new BenchLog(url, 'large')]
  await small.fill(100_000)
  await large.fill(1_000_000)
  const kinds: readonly Boundary[] = [
    'a cart',
    'a cart, since long ago',
    'a cart and the shop of all events',
  ]
  const contestant = (name: string, log: BenchLog, kind: Boundary): Contestant => ({
    name: `condition on ${kind}, ${name}`,
    run: () => log.appendWithin(kind, 16, 2 * APPENDS, random),
  })
  const measured = await inTurns(
    kinds.flatMap((kind) => [
      contestant('100,000', small, kind),
      contestant('1,000,000', large, kind),
    ]),
    ROUNDS,
  )
  await Promise.all([small.close(), large.close()])
  const at = (index: number): Measured => measured[index] as Measured
  return kinds.map((kind, index) => ({
    what: `${kind}: 1,000,000 events / 100,000`,
    over: at(2 * index + 1),
    under: at(2 * index),
    atLeast: 0.8,
  }))
}

async function slowDisk(url: string): Promise<Figure[]> {
  const random = randomNumbers(13)
  const raw = new RawEvents(url.replace(/[^/]*$/u, 'slow'))
  const admin = new Client({ connectionString: url })
  await admin.connect()
  await admin.query('create database slow')
  await admin.end()
  const slow = url.replace(/[^/]*$/u, 'slow')
  await raw.open()
  const [log, shared] = [new BenchLog(slow, 'one'), new BenchLog(slow, 'shared')]
  await log.fill(100_000)
  await shared.fill(100_000)
  const children = await Promise.all([1, 2, 3, 4].map((seed) => start(slow, 'shared', seed)))
  const [raw16, many, processes] = (await inTurns(
    [
      { name: 'raw insert, 16 clients', run: () => raw.insert(16, 2 * APPENDS, random) },
      { name: 'conditional append, 64 callers', run: () => log.append(64, 4 * APPENDS, random) },
      { name: '4 processes with 4 callers each, early release', run: () => together(children) },
    ],
    ROUNDS,
  )) as [Measured, Measured, Measured]
  for (const child of children) child.send('end')
  await Promise.all([
    raw.close(),
    log.close(),
    shared.close(),
    ...children.map((one) => once(one, 'exit')),
  ])
  return [
    { what: '64 callers / raw with 16 clients', over: many, under: raw16, atLeast: 1.5 },
    { what: '4 processes of 4 / raw with 16 clients', over: processes, under: raw16, atLeast: 0.6 },
  ]
}

async function start(url: string, schema: string, seed: number): Promise<ChildProcess> {
  const script = new URL('postgres-process.ts', import.meta.url)
  const child = fork(script, [url, schema, 'early', String(seed)], {
    execArgv: ['--conditions=eventfold-source'],
  })
  await once(child, 'message')
  return child
}

async function together(children: readonly ChildProcess[]): Promise<number> {
  const task: Task = { clients: 4, count: APPENDS / 4 }
  const counts = await Promise.all(
    children.map(async (child) => {
      child.send(task)
      const [count] = (await once(child, 'message')) as [number]
      return count
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** A server that has run for a while writes its log into files that it has used before, not into new ones. */
async function recycleWal(client: Client): Promise<void> {
  await client.query(
    `create table filler as select repeat(md5(n::text), 30) from generate_series(1, 1500000) n`,
  )
  await client.query('drop table filler')
  await client.query('checkpoint')
}

/** The disk of this machine may be quicker than those of others: a flush then sleeps before it begins. */
async function setFlush(client: Client, microseconds: number): Promise<void> {
  await client.query(`alter system set commit_delay = ${microseconds}`)
  await client.query('alter system set commit_siblings = 0')
  await client.query('select pg_reload_conf()')
  await client.query('select pg_sleep(0.2)')
}
