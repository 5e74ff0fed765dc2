import type { Committed } from '../../store/commit.ts'
import type { DocumentResult } from '../../store/document.ts'
import type { WriteAccess } from './access.ts'
import { answerItem } from './answers.ts'
import type { At } from './clock.ts'
import { documentWrite } from './document-write.ts'
import { headedOf, type Draft } from './draft.ts'
import { fitting } from './fit.ts'
import { HeadChanges, writeOf } from './head-change.ts'
import type { Item } from './items.ts'
import { aggregatePartition, orderPartition, type ItemKey } from './keys.ts'
import { outboxItem } from './outbox-item.ts'
import { copiesOf, idItemOf, place, type Placed } from './place.ts'
import { Seeing } from './seeing.ts'
import { checkSize } from './size.ts'
import type { Write } from './table.ts'

/** A transaction for several commits, and what each of them is answered once it is written. */
export interface Plan {
  readonly drafts: readonly Draft[]
  readonly writes: readonly Write[]
  readonly committed: readonly Committed[]
  /** The versions that aggregates then have. */
  readonly versions: ReadonlyMap<string, number>
}

const IS_NEW = {
  text: 'attribute_not_exists(#kind)',
  names: { '#kind': 'itemType' },
  values: {},
}

/**
 * Puts the first commit into a transaction, and those of the others that may go with it. Throws `LIMIT`
 * where DynamoDB would not take the first, even by itself.
 */
export function planOf(waiting: readonly Draft[], access: WriteAccess): Plan {
  const drafts = fitting(waiting, (pk) => access.versions.get(pk) ?? 0)
  try {
    return planTogether(drafts, access)
  } catch (error) {
    if (drafts.length < 2) throw error
    return planTogether(drafts.slice(0, 1), access)
  }
}

/** All of them in their order: their events rise, and each head moves once. */
function planTogether(drafts: readonly Draft[], access: WriteAccess): Plan {
  const { clock, versions } = access
  const versionOf = (pk: string): number => versions.get(pk) ?? 0
  for (const { pk, seen, isProven } of drafts.flatMap(({ pins }) => pins)) {
    // Anybody can write a cursor, of any time.
    if (isProven && seen.at) clock.see(seen.at, pk)
  }
  // One place before the events of each commit, for its outbox: there commits of one key keep their order.
  const places = clock.take(drafts.reduce((count, { events }) => count + events.length + 1, 0))
  const [first = ''] = places
  const timestamp = new Date().toISOString()
  const heads = new HeadChanges(versionOf)
  const parts = drafts.map((draft) => {
    const [start = '', ...ats] = places.splice(0, draft.events.length + 1)
    return partOf(draft, start, ats, heads, timestamp, access)
  })
  const puts = parts.flatMap(({ fresh }) => fresh.map((put) => ({ put, condition: IS_NEW })))
  const documents = parts.flatMap((part) => part.documents)
  const items = parts.flatMap((part) => part.items.map((put) => ({ put })))
  const all: Write[] = [
    ...puts,
    ...heads.all().map((change) => writeOf(change, first)),
    ...documents,
    ...items,
  ]
  // Documents that are left out are looked at for the sake of what is written beside them.
  const isLeftOut = all.every((write) => 'check' in write) && heads.all().length === 0
  const writes = isLeftOut ? [] : all
  checkSize(writes)
  return {
    drafts,
    writes,
    committed: parts.map(({ committed }) => committed),
    versions: new Map(
      heads.all().flatMap(({ pk, version }) => (version ? [[pk, version.to] as const] : [])),
    ),
  }
}

/** What one commit adds to a transaction. */
interface Part {
  /** What must not be there yet. */
  readonly fresh: readonly Item[]
  readonly items: readonly Item[]
  readonly documents: readonly Write[]
  readonly committed: Committed
}

function partOf(
  draft: Draft,
  start: At,
  ats: readonly At[],
  heads: HeadChanges,
  timestamp: string,
  access: WriteAccess,
): Part {
  const { commit, pins } = draft
  for (const pin of pins) heads.of(pin.pk).pins.push(pin)
  for (const { aggregate, version } of commit.expect) {
    heads.expect(aggregatePartition(aggregate), version)
  }
  const placed = draft.events.map((event, index) =>
    place(event, ats[index] ?? '', heads, timestamp),
  )
  const moved = new Set(draft.events.flatMap(headedOf))
  const outbox = commit.outbox.map((record, index) => {
    const pk = record.orderKey === undefined ? undefined : orderPartition(record.orderKey)
    // An event there moves the head anyway.
    if (pk !== undefined && !moved.has(pk)) heads.of(pk).order = start
    const cause = placed[record.event ?? -1]
    return outboxItem(record, cause, { start, index, timestamp }, access.outboxSeconds)
  })
  const copies = placed.flatMap(copiesOf)
  const isId = ({ pk }: ItemKey): boolean => pk.startsWith('ID#')
  const committed = committedOf(draft, placed)
  const answer = answerItem(commit, placed, committed, access.idempotencySeconds)
  return {
    fresh: [
      ...(answer ? [answer] : []),
      ...placed.flatMap((event) => idItemOf(event) ?? []),
      ...copies.filter(isId),
    ] as unknown as Item[],
    items: [...copies.filter((copy) => !isId(copy)), ...outbox] as unknown as Item[],
    documents: draft.documents.flatMap((each) => documentWrite(each, timestamp) ?? []),
    committed,
  }
}

function committedOf({ pins, commit, documents }: Draft, placed: readonly Placed[]): Committed {
  const seen = new Seeing(pins)
  for (const { draft, at, stored } of placed) seen.add(draft, at, stored.aggregate?.version)
  return {
    events: placed.map(({ stored }) => stored),
    documents: documents.map(({ result }) => result as DocumentResult),
    replayed: false,
    ...(commit.conditions.length > 0 && { cursor: seen.cursor() }),
  }
}
