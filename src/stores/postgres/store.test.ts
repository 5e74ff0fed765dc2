import { PGlite } from '@electric-sql/pglite'
import { afterAll, describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { drivers, embedded } from './drivers.fixture.ts'
import type { PostgresOptions } from './index.ts'
import { freshDatabase, type FreshDatabase } from './server.fixture.ts'
import { openLog, type Connect, type Driver } from './stores.fixture.ts'

/** Everything that a suite has opened, ended at the end of the file. */
const ends: (() => PromiseLike<unknown>)[] = []
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

/** The same one each time it is asked for. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}

const database = once(async (): Promise<FreshDatabase> => {
  const fresh = await freshDatabase()
  ends.push(() => fresh[Symbol.asyncDispose]())
  return fresh
})

/** Runs the laws on a pool of sixteen connections. */
function prove(
  name: string,
  connect: (url: string, max: number) => Driver,
  way: Partial<PostgresOptions> = {},
): void {
  const again: Connect = async () => connect((await database()).url, 4)
  const shared = once(async (): Promise<Driver> => {
    const driver = connect((await database()).url, 16)
    ends.push(driver.end)
    return driver
  })
  conformance(
    { describe, it },
    { name, open: async (options) => openLog(await shared(), again, { ...options, ...way }) },
  )
}

for (const [name, connect] of Object.entries(drivers)) prove(`PostgreSQL through ${name}`, connect)

/** The other ways to write. */
const ways: Readonly<Record<string, Partial<PostgresOptions>>> = {
  'that sends its program with every commit': { plainStatements: true },
  'that releases the log early': { earlyRelease: true },
}

for (const [name, way] of Object.entries(ways)) prove(`PostgreSQL ${name}`, drivers.pg, way)

const pglite = once(async () => {
  const db = new PGlite()
  ends.push(() => db.close())
  await db.waitReady
  return db
})

for (const [name, over] of Object.entries(embedded)) {
  conformance(
    { describe, it },
    {
      name: `PostgreSQL through ${name}`,
      open: async (options) => {
        const again: Connect = async () => over(await pglite())
        return openLog(await again(), again, options)
      },
    },
  )
}
