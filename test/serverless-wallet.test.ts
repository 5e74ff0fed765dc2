import { expect, test } from 'vitest'
import { dynamodbEndpoint } from '../src/stores/dynamodb/engine.fixture.ts'
import { hasOwn, isWanted, runExample } from './run-example.fixture.ts'

const run = (env?: Readonly<Record<string, string>>): ReturnType<typeof runExample> =>
  runExample('serverless-wallet', env)

function expectStory(said: string): void {
  const [, first = '', failing = '', deposits = '', twice = '', payout = '', end = ''] =
    said.split(/\n\n/)
  expect(first).toMatch(/wal_anna +0\.00 € .*not saved yet/)
  expect(first).toContain('⇢ bus billing  Wallet.Funded     wal_anna 1')
  expect(first).toContain('λ wal_anna  Wallet.Rewarded')
  expect(first).toMatch(/wal_anna +50\.00 € +5 points/)

  expect(failing).toContain('✗ wal_anna  Wallet.Withdrawn failed: the mail server is down.')
  const receipts = [...failing.matchAll(/✉ (\w+) +a receipt for event (\d)/g)]
  expect(receipts.map(([, wallet, version]) => `${wallet} ${version}`)).toEqual([
    'wal_ben 3',
    'wal_anna 3',
    'wal_anna 4',
  ])
  expect(failing).toMatch(/wal_anna +39\.00 €/)

  const inOrder = Array.from({ length: 30 }, (_, at) => at + 1).join(' ')
  expect(deposits).toContain(`  ${inOrder}\n`)
  expect(deposits).toMatch(/wal_coins +30\.00 €/)

  expect(twice).toContain('37 events are sent again')
  expect(twice).toContain('0 messages wait')
  expect(twice).toMatch(/wal_anna +39\.00 € +5 points/)

  expect(payout).toContain('100.00 € are not: there are only 9.00 €')
  expect(payout.match(/Payout\.Requested/g)).toHaveLength(1)
  expect(payout).toContain('⇢ bus payouts  Payout.Requested  10.00 € to DE02120300000000202051')
  expect(payout).toContain('✉ wal_ben   a receipt for event 4, 10.00 €')

  expect(end.match(/which is what its view shows/g)).toHaveLength(3)
  expect(end).toContain('0 messages wait in the queue')
}

test.runIf(isWanted)('the wallets tell their story', async () => {
  const endpoint = dynamodbEndpoint()
  const { code, said } = await run({ DYNAMODB_ENDPOINT: endpoint })
  expect(said).toContain(`Wallets without a server, on the DynamoDB at ${endpoint}`)
  expectStory(said)
  expect(code).toBe(0)
})

test.runIf(isWanted && hasOwn)('and the same on a DynamoDB of their own', async () => {
  const { code, said } = await run()
  expect(said).toContain('Wallets without a server, on a DynamoDB started for this run')
  expectStory(said)
  expect(code).toBe(0)
})

test('and say in a sentence that there is no DynamoDB where one should be', async () => {
  const { code, said } = await run({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })
  expect(said).toMatch(/^No table in the DynamoDB at http:\/\/127\.0\.0\.1:1: .*Unset DYNAMODB_/)
  expect(code).toBe(1)
})
