import { describe, it } from 'vitest'
import { conformance, type LogOptions, type OpenLog } from '../../conformance/index.ts'
import type { DynamoClient } from './client.ts'
import { freshTable, testClient } from './engine.fixture.ts'
import { DynamoEventStore } from './index.ts'

/** Proves the laws, or those `of` which the title matches, on tables of their own; each handle has its client. */
export function provesLaws(
  name: string,
  clientOf: () => DynamoClient = testClient,
  of = /./u,
): void {
  const open = async (options?: LogOptions): Promise<OpenLog> => {
    const table = await freshTable({ stream: false })
    const reopen = (): DynamoEventStore =>
      new DynamoEventStore({
        client: clientOf(),
        tableName: table.tableName,
        // What the laws file by: the default here is `*_id` alone.
        identifiers: ['*Id', '*_id'],
        ...options,
      })
    return { store: reopen(), reopen, remove: async () => table[Symbol.asyncDispose]() }
  }
  const law: (title: string, prove: () => Promise<void>) => void = it
  const only: typeof law = (title, prove) => {
    if (of.test(title)) law(title, prove)
  }
  conformance({ describe, it: Object.assign(only, { skip: it.skip }) }, { name, open, can: [] })
}
