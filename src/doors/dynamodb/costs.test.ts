import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { costsOf, layoutsOf, type Priced } from './costs.fixture.ts'
import { dynamodbEndpoint, plainClient } from '../../stores/dynamodb/engine.fixture.ts'
import { requestsText, type Cost } from '../../stores/dynamodb/meter.fixture.ts'

let priced: Map<string, Cost>
beforeAll(async () => {
  expect(dynamodbEndpoint()).not.toBe('')
  const name = `costs-${process.pid}-${Math.random().toString(36).slice(2, 8)}`
  const all = [...(await costsOf(plainClient(), name)), ...(await layoutsOf(plainClient(), name))]
  priced = new Map(all.map(({ what, cost }: Priced) => [what, cost]))
})

/** Each row of the README's tables of costs: what, requests, write units, those of the index, read units. */
const rows = [
  ...readFileSync(new URL('../../stores/dynamodb/README.md', import.meta.url), 'utf8').matchAll(
    /^\| (.+?) +\| ((?:\d )?[A-Z][\w, ]*?) +\| (\d+) +\| (\d+) +\| ([\d.]+) +\|$/gm,
  ),
].map(([, what = '', requests = '', ...units]) => {
  const [writes, index, reads] = units.map(Number)
  return { what, requests, writes, index, reads }
})

test('the README tells what every operation costs', () => {
  expect(rows.map(({ what }) => what)).toEqual([...priced.keys()])
})

test.each(rows)('$what: $requests', ({ what, ...cost }) => {
  const { requests, ...units } = priced.get(what)!
  expect({ requests: requestsText(requests), ...units }).toEqual(cost)
})

const costOf = (what: string): Cost => {
  const cost = priced.get(what)
  if (!cost) throw new Error(`${what} was not measured`)
  return cost
}

const appends = ['no identifier', 'one identifier', 'two identifiers', 'three identifiers']
test.each(appends)('an append without a condition reads nothing: %s', (identifiers) => {
  const { requests, reads } = costOf(`append, ${identifiers}`)
  expect({ requests, reads }).toEqual({ requests: ['TransactWriteItems'], reads: 0 })
})

test('an event under two identifiers costs ten write units at most, and one for the index', () => {
  const all = ['', ', its id given', ', an idempotency key'].map((more) =>
    costOf(`append, two identifiers${more}`),
  )
  for (const { writes, index } of all) {
    expect(writes).toBeLessThanOrEqual(10)
    expect(index).toBe(1)
  }
  const [plain, ...safe] = all
  for (const { writes } of safe) expect(plain?.writes).toBeLessThan(writes)
})

test('a decision is one look at the heads, one query of each key, one write', () => {
  const { requests } = costOf('decision on two streams of one event each')
  expect(requests).toEqual(['BatchGetItem', 'Query', 'Query', 'TransactWriteItems'])
})

test('a stream of 100 small events is one query', () => {
  expect(costOf('read of a stream of 100 small events').requests).toEqual(['Query'])
})

test('what is appended at once on one key moves its head once', () => {
  const { requests, writes } = costOf('ten appends at once on one identifier')
  expect(requests).toEqual(['TransactWriteItems'])
  expect(writes).toBe(2 * (10 + 1))
})
