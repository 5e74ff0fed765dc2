import { Client } from 'pg'
import { DEFAULT_IDENTIFIERS, identifierTest, keysOf } from '../../event/identifiers.ts'
import { shortText } from '../../sql/short-text.ts'
import { parseCursor } from '../../store/cursor.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { StoredEvent } from '../../event/event.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import type { Row, Run } from './hand.ts'
import { migrationSql } from './migration.ts'
import { namesOf, type LogNames } from './names.ts'
import type { ReadContext } from './plan.ts'
import { freshDatabase } from './server.fixture.ts'

export const isIdentifier: (key: string) => boolean = identifierTest(DEFAULT_IDENTIFIERS)

/** A log whose tables are filled by hand. */
export interface Tables extends AsyncDisposable {
  readonly names: LogNames
  readonly context: ReadContext
  readonly run: Run
  readonly execute: (text: string) => Promise<readonly Record<string, unknown>[]>
  /** Calls `listener` with what the server says beside its answers. */
  readonly onNotice: (listener: (text: string) => void) => void
  /** Puts these in the place of what is there. */
  readonly replace: (content: {
    readonly events?: readonly StoredEvent[]
    readonly documents?: readonly StoredDocument[]
  }) => Promise<void>
}

/** A log of its own, with one connection. */
export async function openTables(codec: JsonCodec = jsonCodec, server?: string): Promise<Tables> {
  const database = await freshDatabase(server)
  const client = new Client({ connectionString: database.url })
  client.on('error', () => {})
  await client.connect()
  const names = namesOf()
  await client.query(migrationSql())
  const run: Run = async ({ text, values, name }) => {
    const query = { text, values: [...(values ?? [])], ...(name !== undefined && { name }) }
    return (await client.query<Row>(query)).rows
  }
  return {
    names,
    run,
    context: { names, codec, isIdentifier },
    execute: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    onNotice: (listener) => void client.on('notice', ({ message = '' }) => listener(message)),
    replace: async ({ events = [], documents = [] }) => {
      await client.query(`truncate ${names.events}, ${names.keys}, ${names.projections}`)
      await client.query(
        `insert into ${names.events} select (e ->> 'position')::bigint, e ->> 'id', e ->> 'type', (e ->> 'data')::jsonb,
          e -> 'metadata', e #>> '{aggregate,type}', e #>> '{aggregate,id}', (e #>> '{aggregate,version}')::bigint,
          (e ->> 'timestamp')::timestamptz from jsonb_array_elements($1::text::jsonb) as t(e)`,
        [JSON.stringify(events.map((e) => ({ ...e, data: codec.encode(e.data, 'data') })))],
      )
      const keys = events.flatMap(({ data, position, type }) =>
        keysOf(data, isIdentifier).map((key) => [shortText(key), String(position), type]),
      )
      await client.query(
        `insert into ${names.keys} select k ->> 0, (k ->> 1)::bigint, k ->> 2
          from jsonb_array_elements($1::text::jsonb) as t(k)`,
        [JSON.stringify(keys)],
      )
      await client.query(
        `insert into ${names.projections} select d ->> 'type', d ->> 'id', (d ->> 'data')::jsonb,
          (d ->> 'position')::bigint, d ->> 'event', (d ->> 'revision')::bigint,
          (d ->> 'updatedAt')::timestamptz, (d ->> 'updatedAt')::timestamptz
          from jsonb_array_elements($1::text::jsonb) as t(d)`,
        [JSON.stringify(documents.map((document) => rowOf(document, codec)))],
      )
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** A document without data was deleted. */
function rowOf({ data, cursor, ...document }: StoredDocument, codec: JsonCodec): unknown {
  const { position, id } = cursor === undefined ? {} : parseCursor(cursor)
  const json = data === undefined ? undefined : codec.encode(data, 'data')
  return { ...document, data: json, position, event: id }
}
