import { PGlite } from '@electric-sql/pglite'
import { describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { embedded } from './drivers.fixture.ts'
import { endAll, once } from './laws.fixture.ts'
import { openLog, type Connect } from './stores.fixture.ts'

const pglite = once(
  () => PGlite.create(),
  (db) => db.close(),
)

endAll()
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
