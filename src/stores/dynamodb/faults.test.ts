import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { expect, test } from 'vitest'
import { testClient } from './engine.fixture.ts'
import { randomFaults, withClientFaults, type Call, type Fault } from './faults.fixture.ts'
import { provesLaws } from './laws.fixture.ts'

const chances = {
  conflict: 0.05,
  throttled: 0.01,
  exhausted: 0.02,
  'in-progress': 0.01,
  lost: 0.03,
  'server-error': 0.02,
  cut: 0.02,
  late: 0.02,
  partial: 0.1,
} satisfies Partial<Record<Fault, number>>

const clients: { readonly met: ReadonlyMap<Fault, number> }[] = []

/** Each client meets every fault now and then, each one others. */
function faultyClient(): DynamoDBDocumentClient {
  const plan = randomFaults(clients.length + 1, { ...chances, older: 0.2 })
  // The index of types follows soon, and is promised no more: any other read must not be behind.
  const isIndex = ({ input }: Call): boolean => 'IndexName' in input
  const faulty = withClientFaults(testClient(), (call) => {
    const fault = plan(call)
    return fault === 'older' && isIndex(call) ? undefined : fault
  })
  clients.push(faulty)
  return faulty.client
}

provesLaws('DynamoDB with faults', faultyClient)

test('every fault was met, and nothing asked for an answer that may be old, but of the index', () => {
  const met = new Set(clients.flatMap((client) => Array.from(client.met.keys())))
  expect(Array.from(met).toSorted()).toEqual(Object.keys(chances).toSorted())
})
