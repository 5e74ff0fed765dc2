import type { EventStore } from '../../store/store.ts'
import { freshTable, testClient, type FreshTable } from './engine.fixture.ts'
import type { Item } from './items.ts'
import { openTable, type Table } from './table.ts'
import { KEY_NAMES } from './table-shape.ts'
import { openWriter, type WriterOptions } from './writer.fixture.ts'
import { allItems } from './table-check.fixture.ts'

/** One table, and as many writers as there are processes. */
export interface Writers extends FreshTable {
  readonly table: Table
  readonly open: (options?: Partial<WriterOptions>) => EventStore
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
