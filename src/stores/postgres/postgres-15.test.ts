import { afterAll, describe, inject, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { drivers } from './drivers.fixture.ts'
import { freshDatabase, type FreshDatabase } from './server.fixture.ts'
import { openLog, type Driver } from './stores.fixture.ts'

const server = inject('postgres15Url')
const connect = drivers['pg']

interface Shared {
  readonly database: FreshDatabase
  readonly driver: Driver
}

let opening: Promise<Shared> | undefined
async function share(): Promise<Shared> {
  const database = await freshDatabase(server)
  return { database, driver: connect(database.url, 16) }
}
afterAll(async () => {
  const shared = await opening
  await shared?.driver.end()
  await shared?.database[Symbol.asyncDispose]()
})

describe.skipIf(server === undefined)('the oldest server that is tried', () => {
  conformance(
    { describe, it },
    {
      name: 'PostgreSQL 15 through pg',
      open: async (options) => {
        const { database, driver } = await (opening ??= share())
        return openLog(driver, () => connect(database.url, 4), options)
      },
    },
  )
})
