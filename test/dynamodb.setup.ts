import type { TestProject } from 'vitest/node'
import { startEngine, type Engine } from '../src/stores/dynamodb/dynoxide.fixture.ts'

/**
 * The local DynamoDB of the whole run: dynoxide from npm, or what the environment names in
 * `DYNAMODB_ENDPOINT`. None where `STORES` leaves DynamoDB out.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stores = process.env['STORES']?.split(',')
  const endpoint = process.env['DYNAMODB_ENDPOINT']
  let engine: Engine | undefined
  let missing: string | undefined
  if (stores && !stores.includes('dynamodb')) missing = 'STORES leaves DynamoDB out'
  else if (!endpoint) {
    engine = await startEngine().catch((error: unknown) => {
      missing = error instanceof Error ? error.message : String(error)
      return undefined
    })
  }
  project.provide('dynamodbEndpoint', engine?.endpoint ?? endpoint ?? '')
  project.provide('dynamodbMissing', missing)
  return async () => engine?.[Symbol.asyncDispose]()
}
