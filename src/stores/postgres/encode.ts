import { isPlainObject } from '../../event/plain.ts'
import type { PreparedCommit } from '../../store/check-commit.ts'
import { parseCursor } from '../../store/cursor.ts'
import type { JsonCodec } from '../../store/json.ts'
import { narrow } from '../../store/narrow.ts'
import type { After, Stream } from '../../store/stream.ts'
import { isLong, shortText } from '../../sql/short-text.ts'
import type { Column } from './batch.ts'
import { comparisonsOf } from './matching.ts'

/** What a stream is encoded with. */
export interface Encoding {
  readonly isIdentifier: (key: string) => boolean
  readonly codec: JsonCodec
}

/** A commit as the texts of which `batchText` makes a batch: it is encoded once, however often it is sent. */
export interface Encoded {
  readonly commit: PreparedCommit
  /** How many events and conditions on one key there are, of which the columns tell. */
  readonly events: number
  readonly conditions: number
  /** Lists without their brackets. */
  readonly columns: Readonly<Record<Column, string>>
  /** Objects without their opening and the number of the commit. */
  readonly rows: Readonly<Record<Section, readonly string[]>>
  /** Whether it holds more than what the columns tell of events without aggregates. */
  readonly isRare: boolean
  readonly characters: number
}

/** `g` conditions on more than one key, `x` versions, `d` documents, `o` outbox, `i` keys. */
export type Section = 'g' | 'x' | 'd' | 'o' | 'i'

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
  const { events, conditions, expect, documents, outbox, idempotency } = commit
  const h: Head[] = []
  const g: string[] = []
  conditions.forEach(({ streams, after }, n) => {
    const seen = placeOf(after)
    if (streams === 'all') g.push(row({ n, every: true, ...seen }))
    else for (const stream of streams) encodeStream(stream, n, seen, encoding, h, g)
  })
  const hasMetadata = events.some(({ metadataJson }) => metadataJson !== '{}')
  const hasAggregates = events.some(({ aggregate }) => aggregate)
  const columns = {
    ei: column(events, ({ id }) => JSON.stringify(id)),
    et: column(events, ({ type }) => JSON.stringify(type)),
    ed: column(events, ({ json }) => json),
    em: hasMetadata ? column(events, ({ metadataJson }) => metadataJson) : '',
    ek: column(events, ({ keys }) => JSON.stringify(keys.map(shortText))),
    ex: hasAggregates ? column(events, (event) => text(event.aggregate?.type)) : '',
    ey: hasAggregates ? column(events, (event) => text(event.aggregate?.id)) : '',
    hn: column(h, ({ n }) => `${n}`),
    hq: column(h, ({ q }) => JSON.stringify(q)),
    ht: column(h, ({ t }) => text(t)),
    hp: column(h, ({ p }) => `${p}`),
    hv: column(h, ({ v }) => text(v)),
  }
  const rows = {
    g,
    x: expect.map(({ aggregate, version }, n) =>
      row({ n, at: aggregate.type, ai: aggregate.id, v: version }),
    ),
    d: documents.map(({ type, id, json, cursor, guards, otherwise }, n) => {
      const data = json === undefined ? '' : `"d":${json},`
      const gone = json === undefined
      const seen = cursor === undefined ? {} : placeOf(cursor)
      return (
        data + row({ n, t: type, i: id, gone, ...seen, g: guards, refuse: otherwise === 'refuse' })
      )
    }),
    o: outbox.map(({ id, type, json, event, orderKey }, n) => {
      const cause = event === undefined ? undefined : events[event]?.id
      return `"d":${json},${row({ n, i: id, t: type, k: orderKey, e: cause })}`
    }),
    i: idempotency
      ? [
          row({
            k: idempotency.key,
            f: shortText(idempotency.fingerprint),
            e: events[0]?.id,
            l: events.at(-1)?.id,
            c: events.length,
            w: conditions.length > 0,
          }),
        ]
      : [],
  }
  let characters = 0
  for (const name in columns) characters += columns[name as Column].length
  let isRare = hasAggregates
  for (const name in rows) {
    for (const item of rows[name as Section]) {
      characters += item.length
      isRare = true
    }
  }
  const counts = { events: events.length, conditions: h.length }
  return { commit, ...counts, columns, rows, isRare, characters }
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
function column<Item>(items: readonly Item[], cell: (item: Item) => string): string {
  let cells = ''
  for (const item of items) cells += cells === '' ? cell(item) : `,${cell(item)}`
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
