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
  /** Unknown where only an event id says where the stretch begins. */
  readonly count: number | undefined
}

/** A source that can be kept from growing. */
export interface BoundedSource extends Source {
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
export function readStretch(table: Table, stretch: Stretch, signal?: AbortSignal): BoundedSource {
  const { pk, backwards = false, byType = false, after = '', holds } = stretch
  let { from, to } = { ...endsOf(byType ? '' : pk), ...definedEnds(stretch) }
  let { first: size, onGone } = stretch
  let upTo: At | undefined
  let last: EventItem | undefined
  let peeked: readonly EventItem[] | undefined
  let pages: AsyncIterator<readonly EventItem[]> | undefined
  let hasEnded = from > to
  let count = 0
  let looks = 0
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
    const items = done ? [] : value
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
          if (holds?.count !== undefined && holds.count !== count) throw new IncompleteError()
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
      if (wanted.length > 0) return wanted
    }
  }

  return {
    next,
    bound: async () => {
      // Backwards nothing newer follows, and an end that was given does not move.
      if (backwards || hasEnded || upTo || stretch.to !== undefined) return
      peeked = await page()
      const seen = last?.at ?? ''
      if (hasEnded) return
      const newest = await newestOf(table, pk, byType, signal)
      // The index may be older than the page was.
      upTo = newest > seen ? newest : seen
    },
  }
}

/** The newest place of a partition or type: `''` where there is none. */
async function newestOf(
  table: Table,
  pk: string,
  byType: boolean,
  signal?: AbortSignal,
): Promise<At> {
  const head = byType
    ? undefined
    : ((await table.get({ pk, sk: HEAD }, signal)) as HeadItem | undefined)
  if (head) return head.at
  const { from, to } = endsOf(byType ? '' : pk)
  for await (const items of table.query(
    { pk, from, to, byType, backwards: true, limit: 1 },
    signal,
  )) {
    const [item] = items as unknown as readonly EventItem[]
    if (item) return item.at
  }
  return ''
}

function definedEnds({ from, to }: Stretch): { from?: string; to?: string } {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}
