import type { AggregateRef, StoredEvent } from '../../../event/event.ts'
import { nameOf } from '../../../store/check-commit.ts'
import type { JsonCodec } from '../../../store/json.ts'
import type { Answer, DocumentState, LogView } from '../../../store/judge.ts'
import { answerOf } from './requests.ts'
import {
  eventOf,
  placeOf,
  span,
  term,
  type AnswerRow,
  type DocumentRow,
  type EventRow,
  type Tables,
} from './schema.ts'

type Fetch = (tables: Tables) => Promise<unknown>

/**
 * What is asked of the log by code that cannot wait. What is not known yet counts as not there and is
 * fetched before the code is run again, all of it at once.
 */
export class Lookups implements Omit<LogView, 'head' | 'firstMatch'> {
  readonly codec: JsonCodec
  readonly known: Map<string, unknown> = new Map()
  #missing = new Map<string, Fetch>()

  constructor(codec: JsonCodec) {
    this.codec = codec
  }

  /** Fetches what was missing. */
  async fetch(tables: Tables): Promise<void> {
    const missing = [...this.#missing]
    this.#missing.clear()
    await Promise.all(
      missing.map(async ([name, fetch]) => this.known.set(name, await fetch(tables))),
    )
  }

  /** Runs what cannot wait, as often as it asks for something new. */
  async settle<Result>(work: () => Result, tables: Tables): Promise<Result> {
    for (;;) {
      try {
        const result = work()
        if (this.#missing.size === 0) return result
      } catch (error) {
        if (this.#missing.size === 0) throw error
      }
      await this.fetch(tables)
    }
  }

  /** Runs what cannot wait for what it asks for alone. */
  rehearse(works: readonly (() => unknown)[]): void {
    this.#missing.clear()
    for (const work of works) {
      try {
        work()
      } catch {
        // It is run again with what it asked for.
      }
    }
  }

  protected ask<Result>(
    name: string,
    fetch: (tables: Tables) => Promise<Result>,
  ): Result | undefined {
    if (!this.known.has(name)) this.#missing.set(name, fetch)
    return this.known.get(name) as Result | undefined
  }

  idAt(position: number): string | undefined {
    return this.ask(`at ${position}`, async ({ events }) => {
      const row = (await answerOf(events.get(position))) as EventRow | undefined
      return row?.id
    })
  }

  eventById(id: string): StoredEvent | undefined {
    const row = this.ask(term.id(id), async ({ terms }) => {
      return (await answerOf(terms.get(term.id(id)))) as EventRow | undefined
    })
    return row && eventOf(row, this.codec)
  }

  answerTo(key: string): Answer | undefined {
    return this.ask(answerName(key), async ({ answers, events }) => {
      const row = (await answerOf(answers.get(key))) as AnswerRow | undefined
      if (row === undefined) return undefined
      const { fingerprint, first, count, documents, cursor } = row
      const all = () => events.getAll(IDBKeyRange.bound(first, first + count - 1))
      const rows = count ? ((await answerOf(all())) as EventRow[]) : []
      return {
        fingerprint,
        committed: {
          events: rows.map((event) => eventOf(event, this.codec)),
          documents,
          replayed: true,
          ...(cursor !== undefined && { cursor }),
        },
      }
    })
  }

  versionOf(aggregate: AggregateRef): number {
    const versions = term.versions(aggregate)
    const last = this.ask(versions, async ({ terms }) => {
      const cursor = await answerOf(terms.openKeyCursor(span(versions), 'prev'))
      return cursor ? placeOf(cursor.key as string) : 0
    })
    return last ?? 0
  }

  documentState(type: string, id: string): DocumentState | undefined {
    return this.ask(documentName(type, id), async ({ documents }) => {
      const row = (await answerOf(documents.get([type, id]))) as DocumentRow | undefined
      return row && { revision: row.revision, cursor: row.cursor, deleted: row.data === undefined }
    })
  }
}

export function answerName(key: string): string {
  return `answer ${key}`
}

export function documentName(type: string, id: string): string {
  return `document ${nameOf({ type, id })}`
}
