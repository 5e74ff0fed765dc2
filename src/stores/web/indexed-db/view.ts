import type { StoredEvent } from '../../../event/event.ts'
import { compareStrings } from '../../../store/compare.ts'
import { START } from '../../../store/cursor.ts'
import type { LogView } from '../../../store/judge.ts'
import type { Streams } from '../../../store/stream.ts'
import { eventOf } from './kept.ts'
import { createLookups, type Lookups } from './lookups.ts'
import { createScan, type Scan, type Source } from './scan.ts'
import type { Tail } from './tail.ts'

type Match = Pick<StoredEvent, 'id' | 'type' | 'position'>

/** A stretch of the log that has to be searched for a condition. */
export interface Search {
  readonly name: string
  readonly streams: Streams
  readonly after: number
  readonly to: number
}

/** The log as the commits of one batch see it: with what those before them have written. */
export interface View extends Omit<Lookups, 'documentState'>, LogView {
  /** What the last rehearsal would have searched. */
  readonly searches: () => readonly Search[]
  /** Does one search, of which every page is read in its own way. */
  readonly search: (
    search: Search,
    page: (scan: Scan) => Promise<readonly StoredEvent[]>,
  ) => Promise<void>
}

/** A condition is often broken by one of the first events, or by none. */
const FIRST = 16

export function createView(tail: Tail, source: Source): View {
  const lookups = createLookups(source.codec)
  const numbers = new Map<Streams, number>()
  const found = new Map<string, { readonly to: number; readonly match: Match | undefined }>()
  let searches: Search[] = []

  const search: View['search'] = async (given, page) => {
    const { name, streams, after, to } = given
    const scan = createScan(streams, source, { after, to, first: FIRST })
    let match: Match | undefined
    while (!match && !scan.done()) [match] = await page(scan)
    found.set(name, { to, match })
  }

  return {
    ...lookups,
    searches: () => searches,
    search,
    rehearse: (works) => {
      searches = []
      lookups.rehearse(works)
    },
    head: () => tail.head() ?? START,
    idAt: (position) => {
      const head = tail.head()
      if (head && position >= head.position) return position > head.position ? undefined : head.id
      return tail.find((event) => event.position === position)?.id ?? lookups.idAt(position)
    },
    eventById: (id) => {
      // Ids rise, so that a new one is known to be new without a look.
      if (compareStrings(id, tail.greatest()) > 0) return undefined
      const event = tail.find((each) => each.id === id)
      return event ? eventOf(event, source.codec) : lookups.eventById(id)
    },
    versionOf: (aggregate) => {
      const { type, id } = aggregate
      const isOf = ({ aggregate: of }: { aggregate?: StoredEvent['aggregate'] }): boolean =>
        of?.id === id && of.type === type
      return tail.find(isOf)?.aggregate?.version ?? lookups.versionOf(aggregate)
    },
    firstMatch: (streams, after) => {
      if (!numbers.has(streams)) numbers.set(streams, numbers.size)
      const name = `search ${numbers.get(streams)} ${after}`
      const searched = found.get(name)
      if (searched?.match) return searched.match
      const from = Math.max(after, searched?.to ?? 0)
      const to = tail.start()
      if (from >= to) return tail.firstMatch(streams, from)
      const wanted = { name, streams, after: from, to }
      searches.push(wanted)
      return lookups.ask(`${name} from ${from} to ${to}`, async (tables) => {
        await search(wanted, (scan) => scan.page(tables, 1))
        return undefined
      })
    },
  }
}
