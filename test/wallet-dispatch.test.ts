import { spawn } from 'node:child_process'
import { expect, inject, test } from 'vitest'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

/** What `npm run example:wallet-dispatch` prints. */
async function run(
  args: readonly string[] = [],
  url?: string,
): Promise<{ code: number | null; said: string }> {
  const { DATABASE_URL: _, ...env } = process.env
  const main = ['--conditions=eventfold-source', 'examples/wallet-dispatch/main.ts']
  const child = spawn(process.execPath, [...main, ...args], {
    env: { ...env, ...(url !== undefined && { DATABASE_URL: url }) },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, said }
}

/** The story without what each run has of its own: ids, and whose event came first. */
const story = (said: string): string =>
  said.slice(said.indexOf('Two requests')).replaceAll(/…[\dA-Z]{6}/g, '…')

test('the wallets tell their story on SQLite', async () => {
  const { code, said } = await run()
  expect(said).toContain('Wallets, dispatched to SQLite')
  expect(said).toMatch(/1 {2}funded {8}50\.00 € {2}anna {2}request-1/)
  expect(said).toMatch(/1 {2}funded {8}10\.00 € {2}ben {3}request-2/)
  expect(said).toContain('refused: it saw version 2, the wallet is at 3')
  expect(said).toContain('refused: there are only 15.50 €')
  expect(said).toContain('all stored, as versions 1 to 30')
  expect(said).toContain('The idempotency key "salary for march" is known with other content')
  expect(said).toMatch(/a tip, its answer lost +stored as version 3\n {2}wal_ben +915\.00 €/)
  expect(said).toMatch(/once more, unseen +refused: it saw version 3, the wallet is at 4/)
  expect(said.match(/rewarded .* because of …/g)).toHaveLength(3)
  expect(said).toContain('6 events  EVT#000000025 to EVT#000000030')
  expect(code).toBe(0)
})

test('and say what else --store may be', async () => {
  const { code, said } = await run(['--store', 'mysql'])
  expect(said).toContain('--store mysql: there are sqlite, postgres, memory')
  expect(code).not.toBe(0)
})

test.skipIf(inject('postgresMissing') !== undefined)(
  'and the same on PostgreSQL, in a database of yours, again, and in one of its own',
  async () => {
    const lite = await run()
    await using database = await freshDatabase()
    for (const url of [database.url, database.url, undefined]) {
      const { code, said } = await run(['--store', 'postgres'], url)
      expect(said).toContain(`Wallets, dispatched to PostgreSQL`)
      expect(said.includes('started for this run')).toBe(url === undefined)
      expect(story(said)).toBe(story(lite.said))
      expect(code).toBe(0)
    }
  },
)
