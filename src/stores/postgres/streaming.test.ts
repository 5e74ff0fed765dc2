import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openLog } from './faults/log.fixture.ts'

const HEAP_MB = 150

test.each([
  ['a million events', 1_000_000, `repeat(md5(i::text), 4)`],
  [
    'large events behind small ones',
    3_000,
    `case when i <= 2700 then '' else (
      select string_agg(md5((i * j)::text), '') from generate_series(1, 32000) j) end`,
  ],
])('%s are read in a heap of 150 MB', { timeout: 600_000 }, async (_, rows, note) => {
  await using log = await openLog()
  await log.query(`insert into events (position, id, type, data)
    select i, 'event ' || i, 'T' || i % 10, jsonb_build_object('cartId', 'c' || i / 10, 'amount', i,
      'note', ${note}) from generate_series(1, ${rows}) i`)
  await log.query('analyze events')

  const reader = spawn(
    process.execPath,
    [
      `--max-old-space-size=${HEAP_MB}`,
      '--conditions=eventfold-source',
      join(import.meta.dirname, 'streaming-reader.fixture.ts'),
      log.url,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const [said, complaint] = await Promise.all([
    text(reader.stdout),
    text(reader.stderr),
    once(reader, 'close'),
  ])

  const whole = [rows, (rows * (rows + 1)) / 2]
  const ofTypes = (type: number): number =>
    (rows / 10) * type + (10 * ((rows / 10) * (rows / 10 - 1))) / 2
  expect(complaint).toBe('')
  expect(JSON.parse(said)).toEqual([whole, [rows / 5, ofTypes(1) + ofTypes(2)], whole])
})
