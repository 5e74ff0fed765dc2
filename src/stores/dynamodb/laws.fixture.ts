import { describe, it } from 'vitest'
import { conformance, type LogOptions, type OpenLog } from '../../conformance/index.ts'
import type { DynamoClient } from './client.ts'
import { freshTable, testClient } from './engine.fixture.ts'
import { DynamoEventStore } from './index.ts'

/** Proves the laws on tables of their own, each handle with a client of its own. */
export function provesLaws(name: string, clientOf: () => DynamoClient = testClient): void {
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
  conformance({ describe, it }, { name, open, can: [] })
}
