import { identifierTest } from '../../event/identifiers.ts'
import { jsonCodec } from '../../store/json.ts'
import type { EventStore } from '../../store/store.ts'
import type { WriteAccess } from './access.ts'
import type { DynamoClient } from './client.ts'
import { createClock } from './clock.ts'
import { freshTable, testClient, type FreshTable } from './engine.fixture.ts'
import type { Item } from './items.ts'
import { readiness } from './ready.ts'
import { createStore } from './store.ts'
import { openTable, type Table } from './table.ts'
import { KEY_NAMES } from './table-shape.ts'
import { allItems } from './table-check.fixture.ts'
import { Versions } from './versions.ts'

export interface WriterOptions {
  readonly client?: DynamoClient
  /** The clock of the process. */
  readonly now?: () => number
  readonly partitionKey?: string
}

/** One table, and as many writers as there are processes. */
export interface Writers extends FreshTable {
  readonly table: Table
  readonly open: (options?: WriterOptions) => EventStore
  /** Everything that the table holds. */
  readonly items: () => Promise<Item[]>
  /** The statements of the SDK since the last call, in their order. */
  readonly sent: () => string[]
}

export async function openWriters(): Promise<Writers> {
  const fresh = await freshTable()
  const { tableName } = fresh
  let sent: string[] = []
  const client = noting(testClient(), (name) => sent.push(name))
  const table = openTable({ client: testClient(), tableName, keyNames: KEY_NAMES })
  return {
    ...fresh,
    table,
    open: (options = {}) => openWriter(tableName, { client, ...options }),
    items: () => allItems(tableName),
    sent: () => {
      const all = sent
      sent = []
      return all
    },
  }
}

/** A store of a process, whose clock may be wrong. */
export function openWriter(
  tableName: string,
  { client = testClient(), now, partitionKey }: WriterOptions,
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

/** The client, telling of each command. */
export function noting<Client extends object>(
  client: Client,
  note: (name: string, command: object) => void,
): Client {
  const { send } = client as unknown as { send: (command: object) => Promise<unknown> }
  return new Proxy(client, {
    get: (target, key) =>
      key === 'send'
        ? (...args: [object]) => {
            note(args[0].constructor.name.replace(/Command$/u, ''), args[0])
            return send.apply(target, args)
          }
        : Reflect.get(target, key, target),
  })
}
