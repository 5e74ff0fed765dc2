import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

const main = join(import.meta.dirname, '../examples/account-rules/main.ts')
const runs = promisify(execFile)
const isPostgresWanted = (process.env['STORES'] ?? 'postgres').split(',').includes('postgres')

/** As `npm run example:account-rules` does. */
async function run(url: string | undefined, ...args: string[]): Promise<string> {
  const { DATABASE_URL: _, ...others } = process.env
  const env = { ...others, ...(url !== undefined && { DATABASE_URL: url }) }
  const command = ['--conditions=eventfold-source', main, ...args]
  const { stdout, stderr } = await runs(process.execPath, command, { env })
  expect(stderr).toBe('')
  return stdout.replaceAll(/ +/gu, ' ')
}

/** Lines of the story, in their order. */
const story = [
  'anna anna@example.com 380.00 € version 3',
  '3 letters wait in the outbox',
  '✉ anna@example.com: 500.00 €, which makes 500.00 €',
  '0 letters wait',
  'rent, then a car refused: 999.00 € is more than the 379.00 € there',
  'to an account of nobody refused: there is no such account',
  'nobody is not there',
  'first time: stored, version 4',
  'second time: known already, version 4',
  'all stored, as versions 5 to 20',
  'anna anna@example.com 416.00 € version 20',
  'anna@example.com anna, anna-savings',
  'anna@example.com anna-savings',
  'anna@work.example anna',
  'pay 30.00 € done',
  'pay 30.00 € refused: 30.00 € is more than the 20.00 € left on it',
  'pay 1.00 € refused: the card is blocked',
  '300.00 € to savings done',
  '300.00 € to savings, at once refused: 300.00 € is more than the 116.00 € that anna has',
  'anna-savings anna@example.com 300.00 € version 2',
  '26 BALANCE_CHANGED ACCOUNT anna 22',
  '416.00 € are in the bank',
  '116.00 € are anna',
  'CARD_BLOCKED waits: the mail server is down',
  '✉ anna@example.com: 20.00 €, which makes 400.00 €',
  '✉ anna: your card card-1 is blocked, lost',
  '0 letters wait',
]

function expectStory(said: string): void {
  let rest = said
  for (const line of story) {
    const at = rest.indexOf(line)
    expect(at, `${line} in: ${rest}`).toBeGreaterThanOrEqual(0)
    rest = rest.slice(at + line.length)
  }
}

test('the bank runs in a file', async () => {
  const said = await run(undefined)
  expect(said).toContain('on SQLite')
  expectStory(said)
})

test.runIf(isPostgresWanted)('the bank runs on a server, more than once', async () => {
  await using database = await freshDatabase()
  for (const _ of [1, 2]) {
    const said = await run(database.url, '--store', 'postgres')
    expect(said).toContain('on PostgreSQL')
    expectStory(said)
  }
})

test('a store that there is not is named', async () => {
  const unknown = run(undefined, '--store', 'floppy')
  await expect(unknown).rejects.toThrow('--store floppy: there are sqlite, postgres, memory')
})
