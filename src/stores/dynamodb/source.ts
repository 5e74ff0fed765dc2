import { setTimeout as delay } from 'node:timers/promises'
import type { At } from './clock.ts'
import type { EventItem, HeadItem } from './items.ts'
import { IncompleteError } from './complete.ts'
import { HEAD, isAggregatePartition, MOST_VERSIONS, versionKey } from './keys.ts'
import type { Source } from './merge.ts'
import type { Range, Table } from './table.ts'

/** After every place, and before none. */
const LAST_PLACE: At = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ'
const FIRST_PLACE: At = '00000000000000000000000000'

const LARGEST_PAGE = 1000
/** Milliseconds before each further look. */
const PAUSES = [0, 5, 10, 20, 40, 80, 160, 320]

/** What is read of one partition, or of one type in the index. */
export interface Stretch extends Pick<Range, 'pk' | 'backwards' | 'byType'> {
  /** Default is the ends of the partition. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Only what comes after this place. */
  readonly after?: At | undefined
  /** Called where the first event of the stretch is not the one at `after`. */
  readonly onGone?: (() => never) | undefined
  /** Whether to read on to the head, which says how many events there are. */
  readonly toHead?: boolean | undefined
  /** How many events are wanted at first. Default is as many as there are. */
  readonly first?: number | undefined
  /** What a head says of the stretch. */
  readonly holds?: Holding | undefined
}

/**
 * What must be in a stretch: its newest place, and how many events. A query may show a transaction's
 * events later than its head: then it is asked again.
 */
export interface Holding {
  readonly newest: At
  /** The newest of each event type. */
  readonly places: readonly At[]
  /** Unknown where only an event id says where the stretch begins. */
  readonly count: number | undefined
}

/** What a first look has shown. */
export interface Look {
  /** Whether nothing is missing. */
  readonly isWhole: boolean
  readonly newest: At
}

/** A source that can be looked into, and kept from growing. */
export interface LookedSource extends Source {
  /** Fetches what comes first. */
  readonly look: () => Promise<Look>
  /** What is appended from now on is not read. */
  readonly bound: () => Promise<void>
}

/** Sort keys between which all events of a partition are, and nothing else. */
function endsOf(pk: string): { readonly from: string; readonly to: string } {
  return isAggregatePartition(pk)
    ? { from: versionKey(0), to: versionKey(MOST_VERSIONS) }
    : { from: FIRST_PLACE, to: LAST_PLACE }
}

/** Reads a stretch in pages that begin as small as what is wanted, and grow. */
export function readStretch(table: Table, stretch: Stretch, signal?: AbortSignal): LookedSource {
  const { pk, backwards = false, byType = false, after = '', holds } = stretch
  let { from, to } = { ...endsOf(byType ? '' : pk), ...definedEnds(stretch) }
  if (stretch.toHead) to = HEAD
  let { first: size, onGone } = stretch
  let upTo: At | undefined
  let last: EventItem | undefined
  let peeked: readonly EventItem[] | undefined
  let pages: AsyncIterator<readonly EventItem[]> | undefined
  let hasEnded = from > to
  let expected = holds?.count
  let count = 0
  let looks = 0
  const missing = new Set(holds?.places)
  const keyOf = (item: EventItem): string => (byType ? item.at : item.sk)

  const page = async (): Promise<readonly EventItem[]> => {
    pages ??= (
      table.query({ pk, from, to, backwards, byType, limit: size }, signal) as AsyncIterable<
        readonly EventItem[]
      >
    )[Symbol.asyncIterator]()
    const { done, value } = await pages.next()
    hasEnded = done === true
    if (hasEnded && holds && !backwards && (last?.at ?? '') < holds.newest) {
      if (looks >= PAUSES.length) throw new IncompleteError()
      await delay(PAUSES[looks], undefined, { signal })
      looks += 1
      if (last) from = keyOf(last)
      pages = undefined
      hasEnded = false
      return []
    }
    const head = done ? undefined : (value.at(-1) as HeadItem | undefined)
    const isHead = head?.sk === HEAD
    if (isHead && !upTo) expected = head.count
    const items = done ? [] : isHead ? value.slice(0, -1) : value
    // A larger page begins with the last event of the smaller one.
    const fresh = items[0]?.at === last?.at ? items.slice(1) : items
    last = items.at(-1) ?? last
    if (size !== undefined && items.length >= size && last) {
      if (backwards) to = keyOf(last)
      else from = keyOf(last)
      size = size * 8 > LARGEST_PAGE ? undefined : Math.max(size * 8, 10)
      pages = undefined
    }
    return fresh
  }

  const next = async (): Promise<readonly EventItem[] | undefined> => {
    for (;;) {
      let items = peeked
      peeked = undefined
      if (!items) {
        if (hasEnded) {
          if (!isWhole(count)) throw new IncompleteError()
          return undefined
        }
        items = await page()
      }
      if (onGone && (items.length > 0 || hasEnded)) {
        if (items[0]?.at !== after) onGone()
        onGone = undefined
      }
      const wanted = items.filter(({ at }) => at > after && !(upTo && at > upTo))
      if (upTo && items.some(({ at }) => at > upTo!)) hasEnded = true
      count += wanted.length
      for (const { at } of wanted) missing.delete(at)
      if (wanted.length > 0) return wanted
    }
  }

  const isWhole = (found: number): boolean =>
    (expected === undefined || expected === found) && (backwards || missing.size === 0)

  return {
    next,
    look: async () => {
      if (hasEnded) return { isWhole: true, newest: '' }
      const items = [...(await page())]
      // A page that is not full may be the last.
      if (!hasEnded && (size === undefined || items.length < size)) items.push(...(await page()))
      peeked = items
      const newest = last?.at ?? ''
      if (backwards) return { isWhole: true, newest }
      const found = items.filter(({ at }) => at > after)
      for (const { at } of found) missing.delete(at)
      if (hasEnded && !isWhole(found.length)) throw new IncompleteError()
      // Of what has no head nobody can tell.
      const isUnknown = !holds && !stretch.toHead
      return { isWhole: isUnknown || (hasEnded && expected !== undefined), newest }
    },
    bound: async () => {
      // Backwards nothing newer follows, and an end that was given does not move.
      if (backwards || hasEnded || upTo || stretch.to !== undefined) return
      const seen = last?.at ?? ''
      const newest = await newestOf(table, pk, byType, signal)
      // The index may be older than the page was.
      upTo = newest.at > seen ? newest.at : seen
      expected = newest.count
    },
  }
}

/** The newest place of a partition or type, and what its head counts. */
async function newestOf(
  table: Table,
  pk: string,
  byType: boolean,
  signal?: AbortSignal,
): Promise<{ readonly at: At; readonly count?: number }> {
  const head = byType
    ? undefined
    : ((await table.get({ pk, sk: HEAD }, signal)) as HeadItem | undefined)
  if (head?.at) return { at: head.at, ...(head.count !== undefined && { count: head.count }) }
  const { from, to } = endsOf(byType ? '' : pk)
  for await (const items of table.query(
    { pk, from, to, byType, backwards: true, limit: 1 },
    signal,
  )) {
    const [item] = items as unknown as readonly EventItem[]
    if (item) return { at: item.at }
  }
  return { at: '' }
}

function definedEnds({ from, to }: Stretch): { from?: string; to?: string } {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}
