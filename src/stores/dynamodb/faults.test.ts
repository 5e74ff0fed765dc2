import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { testClient } from './engine.fixture.ts'
import { randomFaults, withClientFaults, type Call } from './faults.fixture.ts'
import { provesLaws } from './laws.fixture.ts'

let seed = 0

/** Each client meets every fault now and then, each one others. */
function faultyClient(): DynamoDBDocumentClient {
  seed += 1
  const plan = randomFaults(seed, {
    conflict: 0.05,
    throttled: 0.01,
    exhausted: 0.02,
    'in-progress': 0.01,
    lost: 0.03,
    'server-error': 0.02,
    cut: 0.02,
    late: 0.02,
    partial: 0.1,
    older: 0.2,
  })
  // The index of types follows soon, and is promised no more: any other read must not be behind.
  const isIndex = ({ input }: Call): boolean => 'IndexName' in input
  return withClientFaults(testClient(), (call) => {
    const fault = plan(call)
    return fault === 'older' && isIndex(call) ? undefined : fault
  }).client
}

provesLaws('DynamoDB with faults', faultyClient)
