import { Client } from 'pg'
import { inject } from 'vitest'

export { startServer, type Server, type ServerOptions } from './own-server.fixture.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of the whole run, where no test waits for the disk. */
    readonly postgresUrl: string
    /** The same of PostgreSQL 15, where it is installed. */
    readonly postgres15Url: string | undefined
    /** Why one of them is missing, and how to get it. */
    readonly postgresMissing: string | undefined
    readonly postgres15Missing: string | undefined
  }
}

export interface FreshDatabase extends AsyncDisposable {
  readonly url: string
}

/** The server that `npm test` has started. Throws what is missing where there is none. */
export function postgresUrl(): string {
  const missing = inject('postgresMissing')
  if (missing !== undefined) throw new Error(missing)
  return inject('postgresUrl')
}

let created = 0

/** A new database, by default on the server of the run. At the end it is dropped, whoever is connected. */
export async function freshDatabase(server: string = postgresUrl()): Promise<FreshDatabase> {
  created += 1
  const name = `test_${process.pid}_${created}_${Math.random().toString(36).slice(2, 8)}`
  await execute(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => execute(server, `drop database if exists ${name} with (force)`),
  }
}

async function execute(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
