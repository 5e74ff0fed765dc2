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
  readonly t: readonly string[] | null
  readonly p: number
  readonly v: string | null
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
    ei: listed(events.map(({ id }) => id)),
    et: listed(events.map(({ type }) => type)),
    ed: events.map(({ json }) => json).join(','),
    em: hasMetadata ? events.map(({ metadataJson }) => metadataJson).join(',') : '',
    ek: listed(events.map(({ keys }) => keys.map(shortText))),
    ex: hasAggregates ? listed(events.map(({ aggregate }) => aggregate?.type ?? null)) : '',
    ey: hasAggregates ? listed(events.map(({ aggregate }) => aggregate?.id ?? null)) : '',
    hn: listed(h.map(({ n }) => n)),
    hq: listed(h.map(({ q }) => q)),
    ht: listed(h.map(({ t }) => t)),
    hp: listed(h.map(({ p }) => p)),
    hv: listed(h.map(({ v }) => v)),
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
  for (const text of Object.values(columns)) characters += text.length
  for (const text of Object.values(rows).flat()) characters += text.length
  const isRare = hasAggregates || Object.values(rows).some(({ length }) => length > 0)
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
    h.push({ n, q, t: t ?? null, p: seen.p, v: seen.v ?? null })
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
function listed(items: readonly unknown[]): string {
  return JSON.stringify(items).slice(1, -1)
}

function some<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length > 0 ? items : undefined
}

/** The rest of a JSON object, after its opening brace. */
function row(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).slice(1)
}
