import type { StoredEvent } from '../../../event/event.ts'
import { nameOf } from '../../../store/check-commit.ts'
import { compareStrings } from '../../../store/compare.ts'
import type { StoredDocument } from '../../../store/document.ts'
import type { Answer, LogView } from '../../../store/judge.ts'
import type { MemoryLog } from '../../../store/memory-log.ts'
import type { Streams } from '../../../store/stream.ts'
import { answerOf } from './requests.ts'
import { entriesOf, eventsBetween, eventsIn, placeOf, term } from './rows.ts'
import { createScan, type Scan, type Source } from './scan.ts'
import { termsIn, type AnswerRow, type DocumentRow, type EventRow, type Tables } from './schema.ts'
import { Tail } from './tail.ts'

type Fetch<Result> = (tables: Tables) => Promise<Result>
type Match = Pick<StoredEvent, 'id' | 'type' | 'position'>

/**
 * The log as code sees it that cannot wait. What is not known yet counts as not there, and is fetched
 * before the code runs again, all of it at once.
 */
export interface View
  extends Omit<LogView, 'documentState'>, Pick<MemoryLog, 'documentState' | 'documentsOf'> {
  /** What was fetched in this transaction, or written since. */
  readonly known: Map<string, unknown>
  /** Runs what cannot wait, to find out what it asks for. */
  readonly rehearse: (works: readonly (() => unknown)[]) => void
  /** Fetches what was asked for. */
  readonly fetch: Fetch<void>
  /** Runs what cannot wait, as often as it asks for something new. */
  readonly settle: <Result>(work: () => Result, tables: Tables) => Promise<Result>
  /** Searches for conditions that take long: they have to go on before anything is judged. */
  readonly unfinished: () => readonly Searching[]
  /** From now on searches go on to their end at once. */
  readonly bePatient: () => void
}

/** A search for the first event that breaks a condition. */
export interface Searching {
  readonly scan: Scan
  readonly to: number
  match: Match | undefined
}

/** Goes on with a search, of which each page is read in one way. */
export async function goOn(
  searching: Searching,
  page: (scan: Scan) => Promise<readonly Match[]>,
  pages: number = Infinity,
): Promise<void> {
  for (let count = 0; count < pages && isUnfinished(searching); count += 1) {
    ;[searching.match] = await page(searching.scan)
  }
}

function isUnfinished({ match, scan }: Searching): boolean {
  return !match && !scan.done()
}

/** A condition is often broken by one of the first events, or by none: so many, and then four times as many. */
const FIRST = 16
const PAGES = 2

/** `tail` is what is known of the end of the log. Default is nothing. */
export function createView(source: Source, tail: Tail = new Tail(source)): View {
  const { codec } = source
  const known = new Map<string, unknown>()
  const missing = new Map<string, Fetch<unknown>>()
  const searches = new Map<string, Searching>()
  const numbers = new Map<Streams, number>()
  let pages = PAGES

  const ask = <Result>(name: string, fetching: Fetch<Result>): Result | undefined => {
    if (!known.has(name)) missing.set(name, fetching)
    return known.get(name) as Result | undefined
  }
  const fetch: View['fetch'] = async (tables) => {
    const wanted = [...missing]
    missing.clear()
    await Promise.all(wanted.map(async ([name, get]) => known.set(name, await get(tables))))
  }
  const documentOf = ({ data, cursor, ...row }: DocumentRow): StoredDocument | undefined =>
    data === undefined
      ? undefined
      : { ...row, data: codec.decode(data), ...(cursor !== undefined && { cursor }) }

  return {
    known,
    fetch,
    unfinished: () => [...searches.values()].filter(isUnfinished),
    bePatient: () => {
      pages = Infinity
    },
    rehearse: (works) => {
      missing.clear()
      for (const work of works) {
        try {
          work()
        } catch {
          // It runs again with what it asked for.
        }
      }
    },
    settle: async (work, tables) => {
      for (;;) {
        try {
          const result = work()
          if (missing.size === 0) return result
        } catch (error) {
          if (missing.size === 0) throw error
        }
        await fetch(tables)
      }
    },
    head: () => tail.head,
    idAt: (position) => {
      const { head } = tail
      if (position === head.position) return head.id
      const event =
        tail.at(position) ??
        ask(`at ${position}`, (tables) => eventsBetween(position, position, tables, codec))?.[0]
      return event?.id
    },
    eventById: (id) => {
      // Ids rise, so that a new one is known to be new without a look.
      if (tail.greatest && compareStrings(id, tail.greatest) > 0) return undefined
      const name = term.id(id)
      return (
        tail.last(name) ??
        ask(name, async (tables) => {
          const row = (await answerOf(termsIn(tables).get(name))) as EventRow | undefined
          return row && eventsIn(row, codec).find((event) => event.id === id)
        })
      )
    },
    answerTo: (key) =>
      ask(answerName(key), async (tables): Promise<Answer | undefined> => {
        const row = (await answerOf(tables('answers').get(key))) as AnswerRow | undefined
        if (!row) return undefined
        const { fingerprint, first, count, documents, cursor } = row
        const events = await eventsBetween(first, first + count - 1, tables, codec)
        const committed = {
          events,
          documents,
          replayed: true,
          ...(cursor !== undefined && { cursor }),
        }
        return { fingerprint, committed }
      }),
    versionOf: (ref) => {
      const last = tail.last(term.aggregate(ref))?.aggregate?.version
      if (last !== undefined) return last
      const name = term.versions(ref)
      const version = ask(name, async (tables) => {
        const cursor = await answerOf(termsIn(tables).openKeyCursor(entriesOf(name, 0), 'prev'))
        return cursor && placeOf(cursor.key as string)
      })
      return version ?? 0
    },
    documentState: (type, id) => {
      const row = ask(documentName(type, id), async (tables) => {
        return (await answerOf(tables('documents').get([type, id]))) as DocumentRow | undefined
      })
      return (
        row && {
          revision: row.revision,
          cursor: row.cursor,
          deleted: row.data === undefined,
          get document() {
            return documentOf(row)
          },
        }
      )
    },
    documentsOf: (type) => {
      const rows = ask(`documents of ${type}`, async (tables) => {
        const range = IDBKeyRange.bound([type], [type, []])
        return (await answerOf(tables('documents').getAll(range))) as DocumentRow[]
      })
      return (rows ?? []).flatMap((row) => documentOf(row) ?? [])
    },
    firstMatch: (streams, after) => {
      if (!numbers.has(streams)) numbers.set(streams, numbers.size)
      const name = `search ${numbers.get(streams)} ${after}`
      const done = searches.get(name)
      // What is not at its end is told of by `unfinished`, and goes on before anything is judged.
      if (done && (done.match || isUnfinished(done))) return done.match
      const from = Math.max(after, done?.to ?? 0)
      const to = tail.start
      if (from >= to) return tail.firstMatch(streams, from)
      return ask(`${name} ${from} ${to}`, async (tables) => {
        const scan = createScan(streams, source, { after: from, to, first: FIRST })
        const searching: Searching = { scan, to, match: undefined }
        searches.set(name, searching)
        await goOn(searching, (each) => each.page(tables, 1), pages)
        return undefined
      })
    },
  }
}

export function answerName(key: string): string {
  return `answer ${key}`
}

export function documentName(type: string, id: string): string {
  return `document ${nameOf({ type, id })}`
}
