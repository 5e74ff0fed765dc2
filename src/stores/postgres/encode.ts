import { isPlainObject } from '../../event/plain.ts'
import type { PreparedCommit, PreparedDocument } from '../../store/check-commit.ts'
import { parseCursor } from '../../store/cursor.ts'
import type { JsonCodec } from '../../store/json.ts'
import { narrow } from '../../store/narrow.ts'
import type { After, Stream } from '../../store/stream.ts'
import { isLong, shortText } from '../../sql/short-text.ts'
import type { Column, Group } from './batch.ts'
import { foresee, type Foreseen } from './foresee.ts'
import { comparisonsOf } from './matching.ts'

/** What a stream is encoded with. */
export interface Encoding {
  readonly isIdentifier: (key: string) => boolean
  readonly codec: JsonCodec
}

/** A commit as the texts of which `batchText` makes a batch: it is encoded once, however often it is sent. */
export interface Encoded {
  readonly commit: PreparedCommit
  /** How much there is of which the columns tell. */
  readonly counts: Readonly<Record<Group, number>>
  /** Lists without their brackets. */
  readonly columns: Readonly<Record<Column, string>>
  /** Objects without their opening and the number of the commit. */
  readonly rows: Readonly<Record<Section, readonly string[]>>
  /** What it is answered where nothing is in the way: then one look is enough to judge it. */
  readonly foreseen: Foreseen | undefined
  readonly characters: number
}

/** `g` conditions on more than one key, `i` idempotency keys. */
export type Section = 'g' | 'i'

/** A condition on one key. */
interface Head {
  readonly n: number
  readonly q: string
  readonly t: readonly string[] | undefined
  readonly p: number
  readonly v: string | undefined
}

/** Refuses a malformed cursor, before anything is sent. */
export function encode(commit: PreparedCommit, encoding: Encoding): Encoded {
  const { events, conditions, expect, documents, outbox } = commit
  const h: Head[] = []
  const g: string[] = []
  conditions.forEach(({ streams, after }, n) => {
    const seen = placeOf(after)
    if (streams === 'all') g.push(row({ n, every: true, ...seen }))
    else for (const stream of streams) encodeStream(stream, n, seen, encoding, h, g)
  })
  const rows = { g, i: idempotencyOf(commit) }
  const foreseen = g.length + rows.i.length > 0 ? undefined : foresee(commit)
  const columns = {
    ...eventColumns(events, foreseen),
    hn: column(h, ({ n }) => `${n}`),
    hq: column(h, ({ q }) => JSON.stringify(q)),
    ht: column(h, ({ t }) => text(t)),
    hp: column(h, ({ p }) => `${p}`),
    hv: column(h, ({ v }) => text(v)),
    xn: expect.length > 1 ? column(expect, (_, n) => `${n}`) : '',
    xx: column(expect, ({ aggregate }) => JSON.stringify(aggregate.type)),
    xy: column(expect, ({ aggregate }) => JSON.stringify(aggregate.id)),
    xv: column(expect, ({ version }) => `${version}`),
    ...documentColumns(documents, foreseen),
    oi: column(outbox, ({ id }) => JSON.stringify(id)),
    ot: column(outbox, ({ type }) => JSON.stringify(type)),
    od: column(outbox, ({ json }) => json),
    ok: column(outbox, ({ orderKey }) => text(orderKey)),
    oe: column(outbox, ({ event }) => text(events[event ?? -1]?.id)),
  }
  let characters = 0
  for (const name in columns) characters += columns[name as Column].length
  for (const name in rows) for (const item of rows[name as Section]) characters += item.length
  const counts = {
    e: events.length,
    h: h.length,
    x: expect.length,
    d: documents.length,
    o: outbox.length,
  }
  return { commit, counts, columns, rows, foreseen, characters }
}

function eventColumns(events: PreparedCommit['events'], foreseen: Foreseen | undefined) {
  const hasMetadata = events.some(({ metadataJson }) => metadataJson !== '{}')
  const hasAggregates = events.some(({ aggregate }) => aggregate)
  return {
    ei: column(events, ({ id }) => JSON.stringify(id)),
    et: column(events, ({ type }) => JSON.stringify(type)),
    ed: column(events, ({ json }) => json),
    em: hasMetadata ? column(events, ({ metadataJson }) => metadataJson) : '',
    ek: column(events, ({ keys }) => JSON.stringify(keys.map(shortText))),
    ex: hasAggregates ? column(events, (event) => text(event.aggregate?.type)) : '',
    ey: hasAggregates ? column(events, (event) => text(event.aggregate?.id)) : '',
    ez: hasAggregates && foreseen ? column(foreseen.versions, (version) => `${version}`) : '',
  }
}

function documentColumns(documents: PreparedCommit['documents'], foreseen: Foreseen | undefined) {
  const seen = documents.map(({ cursor }) => (cursor === undefined ? {} : placeOf(cursor)))
  const where = (has: boolean, cell: (document: PreparedDocument, n: number) => string): string =>
    has ? column(documents, cell) : ''
  const hasCursors = seen.some(({ p }) => p !== undefined)
  return {
    dn: where(documents.length > 1, (_, n) => `${n}`),
    dt: column(documents, ({ type }) => JSON.stringify(type)),
    di: column(documents, ({ id }) => JSON.stringify(id)),
    dd: column(documents, ({ json }) => json ?? 'null'),
    dz: where(
      documents.some(({ json }) => json === undefined),
      ({ json }) => `${json === undefined}`,
    ),
    dp: where(hasCursors, (_, n) => `${seen[n]?.p ?? null}`),
    dv: where(hasCursors, (_, n) => text(seen[n]?.v)),
    dg: where(
      documents.some(({ guards }) => guards.length > 0),
      ({ guards }) => JSON.stringify(guards),
    ),
    ds: where(
      documents.some(({ otherwise }) => otherwise === 'skip'),
      ({ otherwise }) => `${otherwise === 'skip'}`,
    ),
    dr: foreseen ? column(foreseen.documents, ({ revision }) => `${revision - 1}`) : '',
  }
}

function idempotencyOf({ events, conditions, idempotency }: PreparedCommit): readonly string[] {
  if (!idempotency) return []
  return [
    row({
      k: idempotency.key,
      f: shortText(idempotency.fingerprint),
      e: events[0]?.id,
      l: events.at(-1)?.id,
      c: events.length,
      w: conditions.length > 0,
    }),
  ]
}

function encodeStream(
  { types: t, filter = {}, aggregate }: Stream,
  n: number,
  seen: Seen,
  { isIdentifier, codec }: Encoding,
  h: Head[],
  g: string[],
): void {
  if (aggregate) {
    const { type: at, id: ai } = aggregate
    g.push(row({ n, ...seen, t, at, ai, f: some(comparisonsOf(filter, codec)) }))
    return
  }
  const { keys, exact } = narrow({ filter }, isIdentifier)
  const [first = []] = keys
  // What is found under a hash is compared in full.
  const isExact = exact && !keys.some((list) => list.some(isLong))
  const [q] = first
  if (
    isExact &&
    keys.length === 1 &&
    first.length === 1 &&
    q !== undefined &&
    seen.p !== undefined
  ) {
    h.push({ n, q, t, p: seen.p, v: seen.v })
    return
  }
  const k = some(keys.map((list) => list.map(shortText)))
  g.push(row({ n, ...seen, k, t, f: isExact ? undefined : some(comparisonsOf(filter, codec)) }))
}

/** `p` and `v`: position and id that were seen; `e`: the id alone. */
interface Seen {
  readonly p?: number
  readonly v?: string
  readonly e?: string
}

function placeOf(after: After | undefined): Seen {
  if (after === undefined) return { p: 0 }
  if (isPlainObject(after)) return { e: after.eventId }
  const { position, id } = parseCursor(after)
  return { p: position, v: id }
}

/** A list in JSON, without its brackets. */
function column<Item>(items: readonly Item[], cell: (item: Item, n: number) => string): string {
  let cells = ''
  for (let n = 0; n < items.length; n += 1) {
    cells += (n === 0 ? '' : ',') + cell(items[n] as Item, n)
  }
  return cells
}

function text(value: string | readonly string[] | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}

function some<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length > 0 ? items : undefined
}

/** The rest of a JSON object, after its opening brace. */
function row(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).slice(1)
}
