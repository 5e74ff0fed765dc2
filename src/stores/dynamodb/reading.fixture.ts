import type { NewEvent } from '../../event/event.ts'
import { identifierTest, keysOf } from '../../event/identifiers.ts'
import { jsonCodec } from '../../store/json.ts'
import type { Access } from './access.ts'
import type { Filing } from './boundary.ts'
import { createClock, type At } from './clock.ts'
import { freshTable, testClient } from './engine.fixture.ts'
import { eventAttributes, type EventItem, type HeadItem, type Item } from './items.ts'
import { aggregatePartition, HEAD, idKey, keyPartition, versionKey } from './keys.ts'
import { openTable, type Range } from './table.ts'

/** A table with what is read, and every statement that reading took. */
export interface ReadingTable extends AsyncDisposable {
  readonly access: Access
  /** One at a time, without any check. Gives the ids. */
  readonly write: (...events: readonly (NewEvent & { readonly at?: At })[]) => Promise<string[]>
  readonly put: (item: object) => Promise<void>
  /** The statements since the last call, such as `query KEY#cart_id=s:1`. */
  readonly statements: () => string[]
  /** Runs before every further page of a query, and may say that there is none. */
  readonly faults: { beforeQuery?: (range: Range) => Promise<void> }
}

export async function readingTable(
  filing: Filing = { isIdentifier: identifierTest(['*_id']), partitionKey: undefined },
): Promise<ReadingTable> {
  const fresh = await freshTable()
  const client = testClient()
  const { tableName } = fresh
  const table = openTable({ client, tableName, keyNames: { pk: '_pk', sk: '_sk' } })
  const clock = createClock()
  let statements: string[] = []
  const faults: ReadingTable['faults'] = {}

  const put = async (item: object): Promise<void> => {
    await table.put(item as Item)
  }
  const write: ReadingTable['write'] = async (...events) => {
    const ids: string[] = []
    for (const { at = clock.take(1)[0] as At, ...event } of events) {
      const { id = at, type, data, metadata = {}, aggregate } = event
      ids.push(id)
      const keys = keysOf(data, filing.isIdentifier).map(keyPartition)
      const pks = [...(aggregate ? [aggregatePartition(aggregate)] : []), ...keys]
      const heads = await table.getAll(pks.map((pk) => ({ pk, sk: HEAD })))
      const counts = heads.map((head) => Number(head?.['count'] ?? 0))
      const version = aggregate && (counts[0] ?? 0) + 1
      const attributes = eventAttributes(
        { id, type, json: JSON.stringify(data), metadata, metadataJson: '{}', aggregate },
        { at, timestamp: new Date().toISOString(), version },
      )
      const places = pks.map((pk, index) => ({
        pk,
        sk: index === 0 && version !== undefined ? versionKey(version) : at,
      }))
      const [home = idKey(id), ...others] = places
      const copies: EventItem[] = [
        { ...home, itemType: 'event', ...attributes, byType: type },
        ...others.map((place): EventItem => ({ ...place, itemType: 'copy', ...attributes })),
      ]
      for (const copy of copies) await put(copy)
      if (event.id !== undefined && home.pk !== idKey(id).pk) {
        await put({ ...idKey(id), itemType: 'id', eventPk: home.pk, eventSk: home.sk })
      }
      for (const [index, pk] of pks.entries()) {
        if (pk.startsWith(`KEY#${filing.partitionKey}=`)) continue
        const head: HeadItem = {
          pk,
          sk: HEAD,
          itemType: 'head',
          at,
          count: (counts[index] ?? 0) + 1,
          ...(index === 0 && version !== undefined && { currentVersion: version }),
        }
        await put(head)
      }
    }
    return ids
  }

  return {
    access: {
      codec: jsonCodec,
      filing,
      table: {
        ...table,
        get: async (key, signal) => {
          statements.push(`get ${key.pk}`)
          return table.get(key, signal)
        },
        getAll: async (keys, signal) => {
          statements.push(`get ${keys.map(({ pk, sk }) => `${pk} ${sk}`).join(', ')}`)
          return table.getAll(keys, signal)
        },
        async *query(range, signal) {
          for await (const page of table.query(range, signal)) {
            await faults.beforeQuery?.(range)
            statements.push(`query ${range.pk}`)
            yield page
          }
        },
      },
    },
    write,
    put,
    statements: () => {
      const all = statements
      statements = []
      return all
    },
    faults,
    [Symbol.asyncDispose]: async () => {
      await fresh[Symbol.asyncDispose]()
      client.destroy()
    },
  }
}
