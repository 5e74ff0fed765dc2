import { expect } from 'vitest'
import { identifierTest } from '../../event/identifiers.ts'
import { prepareCommit } from '../../store/check-commit.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import { parseCursor } from '../../store/cursor.ts'
import { isEventfoldError } from '../../store/errors.ts'
import { jsonCodec } from '../../store/json.ts'
import { judge } from '../../store/judge.ts'
import { compileStreams } from '../../store/matches.ts'
import { memoryLog, type MemoryLog } from '../../store/memory-log.ts'
import type { EventStore, Loaded } from '../../store/store.ts'
import type { Cursor, Streams } from '../../store/stream.ts'

const rules = {
  isIdentifier: identifierTest(['*Id', '*_id']),
  codec: jsonCodec,
  limits: { eventBytes: 1_000_000, commitEvents: 1_000 },
}
const carts = ['a', 'b', 'hot'] as const
const types = ['ADDED', 'PAID'] as const
const aggregates = ['x', 'y'].map((id) => ({ type: 'cart', id }))
/** So many that a search among them takes more than one page. */
const HOT = 150

/** Draws a number below another one. */
export type Below = (count: number) => number

/** What was sent, and what became of it. */
interface Sent {
  readonly commit: Commit
  answer?: Committed
  error?: unknown
}

interface Read {
  readonly streams: Streams
  readonly after: Cursor | undefined
  /** The greatest position of which somebody had an answer when it began. */
  readonly known: number
  readonly loaded: Loaded
}

/** What calls may be made of: drawn from a tape of numbers. */
class Calls {
  readonly #tape: readonly number[]
  #next = 0
  readonly sent: Sent[] = []
  readonly reads: Read[] = []
  readonly #cursors: Cursor[] = []
  #known = 0

  constructor(tape: readonly number[]) {
    this.#tape = tape
  }

  readonly below: Below = (count) => {
    const drawn = this.#tape[this.#next % this.#tape.length] ?? 0
    this.#next += 1
    return drawn % count
  }

  of<Value>(list: readonly Value[]): Value {
    return list[this.below(list.length)] as Value
  }

  async send(store: EventStore, commit: Commit, signal?: AbortSignal): Promise<void> {
    const one: Sent = { commit }
    this.sent.push(one)
    try {
      const answer = await store.commit(commit, { signal })
      one.answer = answer
      this.#known = Math.max(this.#known, ...answer.events.map(({ position }) => position))
      if (answer.cursor) this.#cursors.push(answer.cursor)
    } catch (error) {
      one.error = error
    }
  }

  async #sendSome(store: EventStore): Promise<void> {
    const again = this.below(9) === 0 ? this.of(this.sent).commit : undefined
    const controller = new AbortController()
    if (this.below(12) === 0) setTimeout(() => controller.abort(), this.below(4))
    await this.send(store, again ?? this.#commit(), controller.signal)
  }

  async #look(store: EventStore): Promise<void> {
    const read = { streams: this.#streams(), after: this.#after(), known: this.#known }
    try {
      const loaded = await store.load(read.streams, { after: read.after })
      this.reads.push({ ...read, loaded })
      this.#cursors.push(loaded.cursor)
    } catch (error) {
      if (!isEventfoldError(error, 'STORE')) throw error
    }
  }

  /** Some calls at once, some of them not awaited. */
  async some(stores: readonly EventStore[]): Promise<void> {
    const calls = Array.from({ length: 1 + this.below(10) }, () =>
      this.below(4) === 0 ? this.#look(this.of(stores)) : this.#sendSome(this.of(stores)),
    )
    if (this.below(3) > 0) await Promise.all(calls)
    else await new Promise((resolve) => setTimeout(resolve, 0))
  }

  #after(): Cursor | undefined {
    return this.#cursors.at(-1 - this.below(4))
  }

  #streams(): Streams {
    return this.of<Streams>([
      'all',
      [{ filter: { cartId: this.of(carts) } }],
      [{ filter: { cartId: 'hot', note: 'never' } }],
      [{ types: [this.of(types)], filter: { cartId: this.of(carts) } }],
      [{ types: [this.of(types)] }, { filter: { userId: 'u', cartId: this.of(carts) } }],
      [{ aggregate: this.of(aggregates) }],
      [{ filter: { note: this.of(['n', 'm']) } }],
    ])
  }

  #commit(): Commit {
    const name = this.sent.length
    const known = this.of(this.sent).commit.events?.[0]?.id ?? ''
    const after = this.of([this.#after(), undefined, { eventId: known }])
    const document = { type: 'view', id: this.of(carts) }
    return {
      events: Array.from({ length: 1 + this.below(5) }, (_, n) => ({
        // Later ids are not always the greater ones.
        id: `${this.of(['evt', 'aaa', String(name).padStart(5, '0')])}_${name}_${n}`,
        type: this.of(types),
        data: {
          cartId: this.of(carts),
          ...(this.below(2) && { userId: 'u' }),
          ...(this.below(3) === 0 && { note: this.of(['n', 'm']) }),
        },
        ...(this.below(3) === 0 && { aggregate: this.of(aggregates) }),
      })),
      ...(this.below(2) && { conditions: [{ streams: this.#streams(), after }] }),
      ...(this.below(5) === 0 && {
        expect: [{ aggregate: this.of(aggregates), version: this.below(6) }],
      }),
      ...(this.below(4) === 0 && {
        documents: [
          {
            ...document,
            ...(this.below(4) ? { data: { name } } : { delete: true as const }),
            if: this.of(['any', 'absent', 'present'] as const),
            otherwise: this.of(['refuse', 'skip'] as const),
          },
        ],
      }),
      ...(this.below(5) === 0 && { outbox: [{ id: `msg_${name}`, type: 'SEND', data: name }] }),
      ...(this.below(6) === 0 && {
        idempotency: { key: `key_${this.below(5)}`, fingerprint: 'same' },
      }),
    }
  }
}

/** What may happen to a store besides its calls. */
export interface Faults {
  readonly begin: (below: Below) => void
  readonly end: () => void
}

/**
 * Sends commits and reads, made of a tape of numbers, to several stores of one new log without waiting for
 * each of them, and throws unless everything that was answered has a serial order. Stores have the
 * `jsonCodec`.
 */
export async function provesSerialOrder(
  tape: readonly number[],
  open: () => EventStore,
  faults?: Faults,
): Promise<void> {
  const stores = [open(), open(), open()]
  // It has nothing in memory when it is asked.
  const last = open()
  const calls = new Calls(tape)
  const events = Array.from({ length: HOT }, (_, n) => ({
    id: `0_${n}`,
    type: 'ADDED',
    data: { cartId: 'hot', userId: n % 2 ? 'u' : 'v' },
  }))
  await calls.send(stores[0] as EventStore, { events })
  faults?.begin(calls.below)
  for (let round = 0; round < 12; round += 1) await calls.some(stores)
  await Promise.all(stores.map((store) => store.close()))
  faults?.end()
  await prove(last, calls)
  await last.close()
}

async function prove(store: EventStore, { sent, reads }: Calls): Promise<void> {
  const { events } = await store.load('all')
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
  for (const { streams, after, known, loaded } of reads) {
    const { position: head } = parseCursor(loaded.cursor)
    expect(head).toBeGreaterThanOrEqual(known)
    const from = after === undefined ? 0 : parseCursor(after).position
    const seen = events.slice(from, head).filter(compileStreams(streams))
    expect(loaded.events).toEqual(seen)
  }
  const log = memoryLog(jsonCodec)
  const answered = sent.filter(({ answer }) => answer && !answer.replayed)
  const unknown = sent.filter(({ error }) => isEventfoldError(error) && error.outcome === 'unknown')
  let others = sent.filter(({ answer, error }) => {
    if (error !== undefined && !isEventfoldError(error)) throw error
    return answer?.replayed || ['CONFLICT', 'IDEMPOTENCY_MISMATCH'].includes(codeOf(error))
  })
  others = others.filter((one) => !isExplained(one, log))
  while (log.head().position < events.length) {
    const { position, id } = log.head()
    const begun = events[position]?.id
    const isIt = ({ commit }: Sent): boolean => commit.events?.[0]?.id === begun
    const at = answered.findIndex(isIt)
    const one = at < 0 ? unknown.find(isIt) : answered.splice(at, 1)[0]
    if (!one) throw new Error(`what follows ${id} was refused, and is there`)
    const prepared = prepareCommit(one.commit, rules)
    const verdict = judge(prepared, log)
    if (verdict.replayed) throw new Error(`what follows ${id} was written twice`)
    const written = log.write(prepared, verdict)
    if (one.answer) expect(timeless(one.answer)).toEqual(timeless(written))
    const stored = events.slice(position, log.head().position)
    expect(timeless({ ...written, events: stored })).toEqual(timeless(written))
    others = others.filter((each) => !isExplained(each, log))
  }
  expect(answered).toEqual([])
  expect(others).toEqual([])
  for (const cart of carts) {
    const found = await store.documents.get('view', cart)
    const expected = log.documentState('view', cart)?.document
    expect({ ...found, updatedAt: '' }).toEqual({ ...expected, updatedAt: '' })
  }
  const messages = (await store.outbox.read({ limit: 10_000 })).map(({ id }) => id)
  expect(messages).toEqual([...log.outbox].map(({ id }) => id))
}

/** Whether a refusal or a replay is what the log says at this moment. */
function isExplained({ commit, answer, error }: Sent, log: MemoryLog): boolean {
  try {
    const { replayed } = judge(prepareCommit(commit, rules), log)
    const same = replayed && answer && [replayed, answer].map((each) => shortOf(each))
    return same !== undefined && same[0] === same[1]
  } catch (refused) {
    return !answer && String(refused) === String(error)
  }
}

function shortOf({ events, documents, cursor }: Committed): string {
  return JSON.stringify([events.map(({ id }) => id), documents, cursor])
}

function codeOf(error: unknown): string {
  return isEventfoldError(error) ? error.code : ''
}

function timeless(committed: Committed): unknown {
  return { ...committed, events: committed.events.map((event) => ({ ...event, timestamp: '' })) }
}
