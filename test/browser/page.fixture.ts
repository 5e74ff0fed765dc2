import * as core from 'eventfold'
import * as browser from 'eventfold/browser'
import type { EventfoldError, EventStore, StoredEvent } from 'eventfold'

/** The stores of a browser by the names that tests give them. */
export type Kind = 'localStorage' | 'sessionStorage' | 'IndexedDB'

type BrowserStore = browser.LocalStorageEventStore | browser.IndexedDBEventStore

/** Opens a log anew, on every call. */
export function open(kind: Kind, name: string): BrowserStore {
  if (kind === 'IndexedDB') return new browser.IndexedDBEventStore({ name })
  if (kind === 'localStorage') return new browser.LocalStorageEventStore({ namespace: name })
  return new browser.WebStorageEventStore({ storage: sessionStorage, namespace: name })
}

const kept = new Map<string, BrowserStore>()

/** The one store of this page on a log. */
export function store(kind: Kind, name: string): BrowserStore {
  const key = `${kind} ${name}`
  const opened = kept.get(key) ?? open(kind, name)
  kept.set(key, opened)
  return opened
}

/** What became of a call: its answer, or what is known of its error. */
export type Outcome<Answer> =
  | { readonly answer: Answer }
  | Pick<EventfoldError, 'code' | 'message' | 'outcome'>

/** An error loses its fields on the way out of a page. */
export async function outcome<Answer>(call: () => Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { answer: await call() }
  } catch (error) {
    if (!core.isEventfoldError(error)) throw error
    const { code, message, outcome: known } = error
    return {
      code,
      message,
      outcome: known,
      ...('fault' in error && { fault: error.fault }),
      ...(core.isEventfoldError(error, 'CONFLICT') && { reason: error.conflict.reason }),
    }
  }
}

/** All events of a log. */
export function everything(log: EventStore): Promise<StoredEvent[]> {
  return Array.fromAsync(log.read('all'))
}

const counted = [{ types: ['COUNTED'], filter: { counterId: 'c' } }]

/**
 * Counts on, each time only if nobody else has counted since: reads, folds, and appends under the
 * condition of what was read. Returns how many attempts that took.
 */
export async function count(
  log: EventStore,
  writer: string,
  times: number,
  answered?: (number: number) => unknown,
): Promise<number> {
  let attempts = 0
  let sum = 0
  let cursor: string | undefined
  for (let number = 1; number <= times;) {
    const loaded = await log.load(counted, { after: cursor })
    sum += loaded.events.length
    cursor = loaded.cursor
    attempts += 1
    try {
      await log.commit({
        events: [
          {
            type: 'COUNTED',
            data: { counterId: 'c', value: sum + 1, writer, number },
            aggregate: { type: 'counter', id: 'c' },
          },
          { type: 'NOTED', data: { noteId: `${writer}-${number}` } },
        ],
        conditions: [{ streams: counted, after: cursor }],
        documents: [{ type: 'sum', id: 'c', data: { sum: sum + 1 }, if: 'any' }],
        outbox: [{ type: 'COUNTED', data: { writer, number } }],
      })
      answered?.(number)
      number += 1
    } catch (error) {
      if (!core.isEventfoldError(error, 'CONFLICT')) throw error
    }
  }
  return attempts
}

/** What is wrong with a log that was counted on. */
export async function faultsOf(log: EventStore): Promise<string[]> {
  const events = await everything(log)
  const faults: string[] = []
  const seen = new Set<string>()
  let sum = 0
  for (const [index, { position, type, data, aggregate }] of events.entries()) {
    if (position !== index + 1) faults.push(`position ${position} at ${index + 1}`)
    const expected = index % 2 === 0 ? 'COUNTED' : 'NOTED'
    if (type !== expected) faults.push(`${type} at ${position}, not ${expected}`)
    if (type !== 'COUNTED') continue
    sum += 1
    const { value, writer, number } = data as { value: number; writer: string; number: number }
    if (value !== sum) faults.push(`value ${value} at ${position}, not ${sum}`)
    if (aggregate?.version !== sum) faults.push(`version ${aggregate?.version}, not ${sum}`)
    const name = `${writer}-${number}`
    const note = (events[index + 1]?.data as { noteId?: string } | undefined)?.noteId
    if (note !== name) faults.push(`${name} is stored with the note of ${note}`)
    if (seen.has(name)) faults.push(`${name} is stored twice`)
    seen.add(name)
  }
  const document = await log.documents.get('sum', 'c')
  const saved = document ? [document.revision, (document.data as { sum: number }).sum] : [0, 0]
  if (saved.some((each) => each !== sum))
    faults.push(`the document has ${saved.join()}, not ${sum}`)
  const messages = await log.outbox.read({ limit: 10_000 })
  if (messages.length !== sum) faults.push(`${messages.length} messages of ${sum} events`)
  return faults
}

/** Which counts of a writer are stored. */
export async function numbersOf(log: EventStore, writer: string): Promise<number[]> {
  const events = (await everything(log)) as StoredEvent<string, Record<string, unknown>>[]
  return events.flatMap(({ data }) => (data['writer'] === writer ? [data['number'] as number] : []))
}

export { core, browser }
