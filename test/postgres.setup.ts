import type { TestProject } from 'vitest/node'
import type { EngineVersion } from '../src/stores/postgres/engine.fixture.ts'
import { startServer, type Server } from '../src/stores/postgres/own-server.fixture.ts'

const left = 'STORES leaves PostgreSQL out'

/**
 * The servers of the whole run: PostgreSQL 18 from npm, or what the environment names in `POSTGRES_URL`,
 * and PostgreSQL 15 where Debian's package is installed. None where `STORES` leaves PostgreSQL out.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stores = process.env['STORES']?.split(',')
  const url = process.env['POSTGRES_URL']
  const wanted = stores?.includes('postgres') ?? true
  const [newest, oldest] = await Promise.all([
    !wanted ? left : url ? { url } : start(18),
    wanted ? start(15) : left,
  ])
  project.provide('postgresUrl', typeof newest === 'string' ? '' : newest.url)
  project.provide('postgresMissing', typeof newest === 'string' ? newest : undefined)
  project.provide('postgres15Url', typeof oldest === 'string' ? undefined : oldest.url)
  project.provide('postgres15Missing', typeof oldest === 'string' ? oldest : undefined)
  return async () => {
    for (const started of [newest, oldest]) {
      if (typeof started === 'object' && 'stop' in started) await started[Symbol.asyncDispose]()
    }
  }
}

/** The server, or why there is none. */
async function start(version: EngineVersion): Promise<Server | string> {
  try {
    return await startServer({ version, fsync: false })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
