import type { StoredEvent } from '../../event/event.ts'
import { contentOf, type PreparedCommit } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { formatCursor } from '../../store/cursor.ts'
import type { DocumentResult } from '../../store/document.ts'
import { IdempotencyError } from '../../store/errors.ts'
import { canonicalJson, type JsonCodec } from '../../store/json.ts'
import type { Remembered } from './answer.ts'
import type { Row, Statement } from './hand.ts'
import type { LogNames } from './names.ts'
import { EVENT, eventOf } from './rows.ts'
import { prepared, Values } from './sql.ts'

/** What looks something up. */
export interface Source {
  readonly run: (statement: Statement) => Promise<readonly Row[]>
  readonly names: LogNames
  readonly codec: JsonCodec
}

/** The first answer of a commit whose idempotency key is known. */
export async function rememberedCommit(remembered: Remembered, source: Source): Promise<Committed> {
  const { first, count, documents, cursor } = remembered
  const events = first === null ? [] : await eventsFrom(first, count, source)
  return { events, documents, replayed: true, ...(cursor !== null && { cursor }) }
}

/** The first answer of a commit whose event ids are known. Refused where they stand for other content. */
export async function knownCommit(commit: PreparedCommit, source: Source): Promise<Committed> {
  const known = await eventsById(
    commit.events.map(({ id }) => id),
    source,
  )
  const first = commit.events.find(({ id }) => known.has(id)) ?? { id: '' }
  const events = commit.events.map((event) => {
    const stored = known.get(event.id)
    const isSame = stored && canonicalJson(contentOf(event)) === canonicalJson(contentOf(stored))
    if (isSame) return stored
    throw new IdempotencyError('event id', (stored ?? first).id)
  })
  const last = events.at(-1) as StoredEvent
  return {
    events,
    documents: await Promise.all(commit.documents.map((name) => unchanged(name, source))),
    replayed: true,
    ...(commit.conditions.length > 0 && { cursor: formatCursor(last) }),
  }
}

async function eventsFrom(first: number, count: number, source: Source): Promise<StoredEvent[]> {
  const values = new Values()
  const text = `select ${EVENT} from ${source.names.events} e
  where e.position >= ${values.bigint(first)} and e.position < ${values.bigint(first + count)} order by e.position`
  return (await source.run(prepared(text, values))).map((row) => eventOf(row, source.codec))
}

async function eventsById(
  ids: readonly string[],
  source: Source,
): Promise<ReadonlyMap<string, StoredEvent>> {
  const values = new Values()
  const text = `select ${EVENT} from ${source.names.events} e where e.id = any (${values.array(ids)})`
  const rows = await source.run(prepared(text, values))
  return new Map(rows.map((row) => [row['id'] ?? '', eventOf(row, source.codec)]))
}

async function unchanged(
  { type, id }: { readonly type: string; readonly id: string },
  source: Source,
): Promise<DocumentResult> {
  const values = new Values()
  const text = `select d.revision::text as revision from ${source.names.projections} d
  where d.type = ${values.text(type)} and d.id = ${values.text(id)}`
  const [row] = await source.run(prepared(text, values))
  return { type, id, status: 'unchanged', revision: Number(row?.['revision'] ?? 0) }
}
