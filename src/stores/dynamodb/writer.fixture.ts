import { identifierTest } from '../../event/identifiers.ts'
import { jsonCodec } from '../../store/json.ts'
import type { EventStore } from '../../store/store.ts'
import type { WriteAccess } from './access.ts'
import type { DynamoClient } from './client.ts'
import { createClock } from './clock.ts'
import { readiness } from './ready.ts'
import { createStore } from './store.ts'
import { openTable } from './table.ts'
import { KEY_NAMES } from './table-shape.ts'
import { Versions } from './versions.ts'

export interface WriterOptions {
  readonly client: DynamoClient
  /** The clock of the process. */
  readonly now?: () => number
  readonly partitionKey?: string
}

/** A store of a process, whose clock may be wrong. */
export function openWriter(
  tableName: string,
  { client, now, partitionKey }: WriterOptions,
): EventStore {
  const table = openTable({ client, tableName, keyNames: KEY_NAMES })
  const identifiers = ['*Id', '*_id']
  const access: WriteAccess = {
    table,
    codec: jsonCodec,
    filing: { isIdentifier: identifierTest(identifiers), partitionKey },
    clock: createClock(now),
    versions: new Versions(),
    outboxSeconds: undefined,
    idempotencySeconds: undefined,
  }
  return createStore(access, readiness(table, { identifiers, partitionKey }, tableName))
}
