import { isPlainObject } from '../../event/plain.ts'
import type { PreparedCommit } from '../../store/check-commit.ts'
import { parseCursor } from '../../store/cursor.ts'
import type { JsonCodec } from '../../store/json.ts'
import { narrow } from '../../store/narrow.ts'
import type { After, Stream } from '../../store/stream.ts'
import { isLong, shortText } from '../../sql/short-text.ts'
import { comparisonsOf } from './matching.ts'

/** What a stream is encoded with. */
export interface Encoding {
  readonly isIdentifier: (key: string) => boolean
  readonly codec: JsonCodec
}

/**
 * A commit as rows of JSON for `programOf`, each without its opening and its number in the batch: a
 * commit is encoded once, however often it is sent.
 */
export interface Encoded {
  readonly commit: PreparedCommit
  /** By section: `e` events, `h` conditions on one key, `g` all others, `x` versions, `d` documents, `o` outbox, `i` keys. */
  readonly rows: Readonly<Record<Section, readonly string[]>>
  readonly hasAggregates: boolean
  readonly characters: number
}

type Section = (typeof sections)[number]
const sections = ['e', 'h', 'g', 'x', 'd', 'o', 'i'] as const

/** Refuses a malformed cursor, before anything is sent. */
export function encode(commit: PreparedCommit, encoding: Encoding): Encoded {
  const { events, conditions, expect, documents, outbox, idempotency } = commit
  const h: string[] = []
  const g: string[] = []
  conditions.forEach(({ streams, after }, n) => {
    const seen = placeOf(after)
    if (streams === 'all') g.push(row({ n, every: true, ...seen }))
    else for (const stream of streams) encodeStream(stream, { n, ...seen }, encoding, h, g)
  })
  const rows = {
    e: events.map(({ id, type, json, metadataJson, aggregate, keys }) => {
      const metadata = metadataJson === '{}' ? '' : `,"m":${metadataJson}`
      const { type: at, id: ai } = aggregate ?? {}
      return `"d":${json}${metadata},${row({ i: id, t: type, at, ai, k: keys.map(shortText) })}`
    }),
    h,
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
  for (const section of sections) for (const text of rows[section]) characters += text.length
  return { commit, rows, characters, hasAggregates: events.some(({ aggregate }) => aggregate) }
}

/**
 * The one parameter of a batch: the commits by their number, the events by their number from 1. With
 * `careful` it is not tried the quick way; `patience` is how long the lock is waited for, in
 * milliseconds, where nobody has said that.
 */
export function batchText(
  batch: readonly Encoded[],
  { careful = false, patience }: { readonly careful?: boolean; readonly patience?: number } = {},
): string {
  const parts: string[] = []
  for (const section of sections) {
    const rows: string[] = []
    batch.forEach((encoded, a) => {
      for (const text of encoded.rows[section]) {
        rows.push(
          section === 'e' ? `{"a":${a},"o":${rows.length + 1},${text}` : `{"a":${a},${text}`,
        )
      }
    })
    if (rows.length > 0) parts.push(`"${section}":[${rows.join(',')}]`)
  }
  // The versions of aggregates are numbered only where there are some.
  if (batch.some(({ hasAggregates }) => hasAggregates)) parts.push('"y":1')
  // More than events under conditions on one key: all checks are needed.
  if (careful || batch.some(isRare)) parts.push('"r":1')
  if (patience !== undefined) parts.push(`"w":"${patience}"`)
  return `{${parts.join(',')}}`
}

function isRare({ rows: { g, x, d, o, i }, hasAggregates }: Encoded): boolean {
  return hasAggregates || g.length + x.length + d.length + o.length + i.length > 0
}

function encodeStream(
  { types: t, filter = {}, aggregate }: Stream,
  seen: Readonly<Record<string, unknown>>,
  { isIdentifier, codec }: Encoding,
  h: string[],
  g: string[],
): void {
  if (aggregate) {
    const { type: at, id: ai } = aggregate
    g.push(row({ ...seen, t, at, ai, f: some(comparisonsOf(filter, codec)) }))
    return
  }
  const { keys, exact } = narrow({ filter }, isIdentifier)
  const [first = []] = keys
  // What is found under a hash is compared in full.
  const isExact = exact && !keys.some((list) => list.some(isLong))
  if (isExact && keys.length === 1 && first.length === 1 && !('e' in seen)) {
    h.push(row({ ...seen, q: first[0], t }))
    return
  }
  const k = some(keys.map((list) => list.map(shortText)))
  g.push(row({ ...seen, k, t, f: isExact ? undefined : some(comparisonsOf(filter, codec)) }))
}

/** `p` and `v`: position and id that were seen; `e`: the id alone. */
function placeOf(after: After | undefined): Readonly<Record<string, unknown>> {
  if (after === undefined) return { p: 0 }
  if (isPlainObject(after)) return { e: after.eventId }
  const { position, id } = parseCursor(after)
  return { p: position, v: id }
}

function some<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length > 0 ? items : undefined
}

/** The rest of a JSON object, after its opening brace. */
function row(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).slice(1)
}
