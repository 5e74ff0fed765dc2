import { nameOf } from '../../../store/check-commit.ts'
import type { JsonCodec } from '../../../store/json.ts'
import type { Answer } from '../../../store/judge.ts'
import type { MemoryLog } from '../../../store/memory-log.ts'
import type { StoredDocument } from '../../../store/document.ts'
import { eventOf, eventsBetween, eventsIn } from './kept.ts'
import { answerOf } from './requests.ts'
import {
  entriesOf,
  placeOf,
  term,
  termsIn,
  type AnswerRow,
  type DocumentRow,
  type EventRow,
  type Tables,
} from './schema.ts'

/**
 * What is asked of the log by code that cannot wait. What is not known yet counts as not there and is
 * fetched before the code runs again, all of it at once.
 */
export interface Lookups extends Pick<
  MemoryLog,
  'idAt' | 'eventById' | 'answerTo' | 'versionOf' | 'documentState' | 'documentsOf'
> {
  /** What was fetched, or written since. */
  readonly known: Map<string, unknown>
  readonly ask: <Result>(
    name: string,
    fetch: (tables: Tables) => Promise<Result>,
  ) => Result | undefined
  /** Runs what cannot wait, to find out what it asks for. */
  readonly rehearse: (works: readonly (() => unknown)[]) => void
  /** Fetches what was asked for. */
  readonly fetch: (tables: Tables) => Promise<void>
  /** Runs what cannot wait, as often as it asks for something new. */
  readonly settle: <Result>(work: () => Result, tables: Tables) => Promise<Result>
}

export function createLookups(codec: JsonCodec): Lookups {
  const known = new Map<string, unknown>()
  let missing = new Map<string, (tables: Tables) => Promise<unknown>>()

  const ask: Lookups['ask'] = <Result>(
    name: string,
    fetching: (tables: Tables) => Promise<Result>,
  ) => {
    if (!known.has(name)) missing.set(name, fetching)
    return known.get(name) as Result | undefined
  }

  const fetch = async (tables: Tables): Promise<void> => {
    const wanted = [...missing]
    missing.clear()
    await Promise.all(wanted.map(async ([name, get]) => known.set(name, await get(tables))))
  }

  const documentOf = ({ data, ...row }: DocumentRow): StoredDocument | undefined =>
    data === undefined ? undefined : { ...row, data: codec.decode(data) }

  const get = async <Row>(request: IDBRequest): Promise<Row | undefined> =>
    (await answerOf(request)) as Row | undefined

  return {
    known,
    ask,
    fetch,
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
    idAt: (position) =>
      ask(`at ${position}`, async (tables) => {
        const [event] = await eventsBetween(position, position, tables)
        return event?.id
      }),
    eventById: (id) => {
      const name = term.id(id)
      const event = ask(name, async (tables) => {
        const row = await get<EventRow>(termsIn(tables).get(name))
        return row && eventsIn(row).find((each) => each.id === id)
      })
      return event && eventOf(event, codec)
    },
    answerTo: (key) =>
      ask(answerName(key), async (tables): Promise<Answer | undefined> => {
        const row = await get<AnswerRow>(tables('answers').get(key))
        if (!row) return undefined
        const { fingerprint, first, count, documents, cursor } = row
        const events = await eventsBetween(first, first + count - 1, tables)
        return {
          fingerprint,
          committed: {
            events: events.map((event) => eventOf(event, codec)),
            documents,
            replayed: true,
            ...(cursor !== undefined && { cursor }),
          },
        }
      }),
    versionOf: (aggregate) => {
      const name = term.versions(aggregate)
      const last = ask(name, async (tables) => {
        const cursor = await answerOf(
          termsIn(tables).openKeyCursor(entriesOf(name, 0, Infinity), 'prev'),
        )
        return cursor && placeOf(cursor.key as string)
      })
      return last ?? 0
    },
    documentState: (type, id) => {
      const row = ask(documentName(type, id), (tables) =>
        get<DocumentRow>(tables('documents').get([type, id])),
      )
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
      const rows = ask(`documents of ${type}`, (tables) =>
        get<DocumentRow[]>(tables('documents').getAll(IDBKeyRange.bound([type], [type, []]))),
      )
      return (rows ?? []).flatMap((row) => documentOf(row) ?? [])
    },
  }
}

export function answerName(key: string): string {
  return `answer ${key}`
}

export function documentName(type: string, id: string): string {
  return `document ${nameOf({ type, id })}`
}
