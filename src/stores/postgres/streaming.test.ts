import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openLog } from './faults/log.fixture.ts'

const ROWS = 1_000_000
const HEAP_MB = 150

test('a million events are read in a heap of 150 MB', { timeout: 600_000 }, async () => {
  await using log = await openLog()
  await log.query(`insert into events (position, id, type, data)
    select i, 'event ' || i, 'T' || i % 10, jsonb_build_object('cartId', 'c' || i / 10, 'amount', i,
      'note', repeat(md5(i::text), 4)) from generate_series(1, ${ROWS}) i`)
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

  const whole = [ROWS, (ROWS * (ROWS + 1)) / 2]
  const ofTypes = (type: number): number =>
    (ROWS / 10) * type + (10 * ((ROWS / 10) * (ROWS / 10 - 1))) / 2
  expect(complaint).toBe('')
  expect(JSON.parse(said)).toEqual([whole, [ROWS / 5, ofTypes(1) + ofTypes(2)], whole])
})
