import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchAggregates } from './aggregates.ts'
import { benchBrowser } from './browser.ts'
import { benchDynamo } from './dynamodb.ts'
import { describeMachine } from './machine.ts'
import { benchPostgres } from './postgres.ts'
import { benchSqlite } from './sqlite.ts'

const rooms: Readonly<Record<string, (folder: string, names: readonly string[]) => Promise<void>>> =
  {
    sqlite: benchSqlite,
    postgres: benchPostgres,
    aggregates: benchAggregates,
    dynamodb: benchDynamo,
    browser: benchBrowser,
  }

const [room, ...names] = process.argv.slice(2)
const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'eventfold-bench-'))
try {
  console.log(describeMachine(folder))
  for (const [name, bench] of Object.entries(rooms)) {
    if (room === undefined || room === name) await bench(folder, names)
  }
} finally {
  rmSync(folder, { recursive: true })
}
