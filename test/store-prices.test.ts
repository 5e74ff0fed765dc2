import { expect, test } from 'vitest'
import { dynamodbEndpoint } from '../src/stores/dynamodb/engine.fixture.ts'
import { hasOwn, isWanted, runExample } from './run-example.fixture.ts'

const run = (env?: Readonly<Record<string, string>>): ReturnType<typeof runExample> =>
  runExample('store-prices', env)

/** Who of the two rivals was faster is open. */
const rival = '(?:harbour|market)'

function expectStory(said: string): void {
  expect(said).toMatch(/green tea +4\.49 € +3\.89 € +4\.99 €/)
  expect(said).toMatch(/olive oil +11\.49 € +12\.49 € +–/)
  expect(said).toMatch(/▲ +3\.99 €.*\n.*▼ +3\.49 €.*\n.*▲ +3\.79 €.*\n.*▼ +2\.99 €.*\n.*▲ +4\.49 €/)
  expect(said).toContain('the latest offer was 2.99 €')
  expect(said).toContain('since then  nothing\n  since then  station 12.99 €')
  expect(said).toContain('3.50 €  3.40 €  3.30 €  3.20 €  3.10 €')
  expect(said).toContain('12 events, each id above the one before')
  const [, guarded = '', unguarded = ''] = said.split(/with a condition|without one, both/)
  expect(guarded).toMatch(new RegExp(`sees that ${rival} has it`))
  expect(guarded).toMatch(new RegExp(`on offer in ${rival}\n`))
  expect(unguarded).toContain('on offer in')
  expect(said).toMatch(/save an event +7 write units +TransactWriteItems/)
  expect(said).toMatch(/its repetition +1 read unit +BatchGetItem/)
}

test.runIf(isWanted)('the stores tell their story', async () => {
  const endpoint = dynamodbEndpoint()
  // Twice: each run begins with an empty table.
  for (const env of [{ DYNAMODB_ENDPOINT: endpoint }, { AWS_ENDPOINT_URL: endpoint }]) {
    const { code, said } = await run(env)
    expect(said).toContain(`Prices in stores, on the DynamoDB at ${endpoint}`)
    expectStory(said)
    expect(code).toBe(0)
  }
})

test.runIf(isWanted && hasOwn)('and the same on a DynamoDB of their own', async () => {
  const { code, said } = await run()
  expect(said).toContain('Prices in stores, on a DynamoDB started for this run')
  expectStory(said)
  expect(code).toBe(0)
})

test('and say in a sentence that there is no DynamoDB where one should be', async () => {
  const { code, said } = await run({ DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' })
  expect(said).toMatch(/^No table in the DynamoDB at http:\/\/127\.0\.0\.1:1: .*Unset DYNAMODB_/)
  expect(said).not.toMatch(/^ +at /m)
  expect(code).toBe(1)
})
