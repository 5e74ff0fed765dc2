import { Pool } from 'pg'
import { openPostgres } from './index.ts'

/*
 * A process that reads a whole log once forwards, once by a type and once backwards, and tells how many
 * events it has seen and the sum of their positions.
 */
const pool = new Pool({ connectionString: process.argv[2] ?? '', max: 1 })
const seen: unknown[] = []
{
  await using store = openPostgres({ pool })
  for (const read of [
    store.read('all'),
    store.read([{ types: ['T1', 'T2'] }]),
    store.read('all', { backwards: true }),
  ]) {
    let count = 0
    let sum = 0
    for await (const { position } of read) {
      count += 1
      sum += position
    }
    seen.push([count, sum])
  }
}
await pool.end()
console.log(JSON.stringify(seen))
