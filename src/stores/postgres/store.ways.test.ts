import { drivers } from './drivers.fixture.ts'
import type { PostgresOptions } from './index.ts'
import { endAll, prove } from './laws.fixture.ts'

/** The other ways to write. */
const ways: Readonly<Record<string, Partial<PostgresOptions>>> = {
  'that sends its program with every commit': { plainStatements: true },
  'that releases the log early': { earlyRelease: true },
}

endAll()
for (const [name, way] of Object.entries(ways)) prove(`PostgreSQL ${name}`, drivers.pg, way)
