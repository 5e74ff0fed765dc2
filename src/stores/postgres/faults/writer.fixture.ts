import { Pool } from 'pg'
import { openPostgres } from '../index.ts'
import { emptyJournal, sendAgain, write } from './workload.fixture.ts'

/*
 * One of several processes on one log. What became of what it sent goes to the output as JSON. It takes
 * the server, the options of the store, a seed, and how many rounds each of its writers goes.
 */
const [url = '', options = '{}', seed = '0', rounds = '0'] = process.argv.slice(2)
const WRITERS = 4

const journal = emptyJournal()
const pool = new Pool({ connectionString: url, max: 4 })
{
  await using store = openPostgres({ pool, lockTimeout: 30_000, ...JSON.parse(options) })
  await Promise.all(
    Array.from({ length: WRITERS }, (_, index) =>
      write(
        store,
        { seed: Number(seed) * WRITERS + index, rounds: Number(rounds), goesOn: () => true },
        journal,
      ),
    ),
  )
  await sendAgain(store, journal)
}
await pool.end()
const { acknowledged, refused, ...more } = journal
console.log(JSON.stringify({ ...more, acknowledged: [...acknowledged], refused: [...refused] }))
