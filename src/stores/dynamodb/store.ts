import type { StoredEvent } from '../../event/event.ts'
import type { Capabilities, Limits } from '../../store/capabilities.ts'
import { prepareCommit, type CommitRules, type PreparedCommit } from '../../store/check-commit.ts'
import { checkLoad, throwIfAborted } from '../../store/check-read.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import { isEventfoldError } from '../../store/errors.ts'
import { Running } from '../../store/running.ts'
import type { EventStore, Loaded, LoadOptions, ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import type { WriteAccess } from './access.ts'
import { answerOf } from './answers.ts'
import { Combiner } from './combiner.ts'
import { getDocument, queryDocuments } from './documents.ts'
import { draftOf, guardingKeys, headedOf, knownKeys, type Draft } from './draft.ts'
import { factsAt, judgeDraft } from './judge-draft.ts'
import { answerKey } from './keys.ts'
import { loadEvents } from './load.ts'
import { openOutbox } from './outbox.ts'
import { pinsOf, type Pin } from './pins.ts'
import { readEvents } from './read.ts'
import type { Ready } from './ready.ts'
import { parseVector } from './vector.ts'

const limits: Limits = { eventBytes: 390_000, commitEvents: 98 }

const capabilities: Capabilities = {
  totalOrder: false,
  atomicReads: false,
  anyBoundary: false,
  transactions: false,
  watch: false,
  limits,
}

/** The contract, kept on one table. */
export function createStore(access: WriteAccess, ready: Ready): EventStore {
  const { codec, filing } = access
  const rules: CommitRules = { isIdentifier: filing.isIdentifier, codec, limits }
  const calls = new Running()
  const combiner = new Combiner(access)

  const commit = async (given: Commit, signal: AbortSignal | undefined): Promise<Committed> => {
    throwIfAborted(signal, 'the commit')
    const prepared = prepareCommit(given, rules)
    const named = given.events?.map(({ id }) => id !== undefined) ?? []
    await ready.forWriting()
    const draft = (pins: readonly Pin[]): Draft => draftOf(prepared, named, pins, filing)
    const { pins, earlier } = await pinned(prepared, draft([]), access)
    return earlier ?? combiner.add(draft(pins), signal)
  }

  const load = async (streams: Streams, options: LoadOptions): Promise<Loaded> => {
    checkLoad(streams, options)
    await ready.forReading()
    const { idempotency } = options
    const key = idempotency ? [answerKey(idempotency.key)] : []
    const { events, cursor, also } = await loadEvents(access, streams, options, key)
    // What is decided on it comes after it.
    for (const [pk, { at }] of parseVector(cursor)) if (at) access.clock.see(at, pk)
    const answer = idempotency && also[0] && (await answerOf(idempotency, also[0], access))
    return { events, cursor, ...(answer && { replayed: answer }) }
  }

  async function* read(streams: Streams, options: ReadOptions): AsyncGenerator<StoredEvent> {
    calls.assertOpen('read')
    await ready.forReading()
    for await (const event of readEvents(access, streams, options)) {
      calls.assertOpen('read')
      yield event
    }
  }

  const outbox = openOutbox(access)
  /** Runs a call that reads, unless the store is closed. */
  const reading = <Result>(what: string, work: () => Promise<Result>): Promise<Result> =>
    calls.run(what, async () => {
      await ready.forReading()
      return work()
    })

  return {
    capabilities,
    commit: (given, { signal } = {}) => calls.run('commit', () => commit(given, signal)),
    load: (streams, options = {}) => calls.run('load', () => load(streams, options)),
    read: (streams, options = {}) => read(streams, options),
    documents: {
      get: (type, id) => reading('read documents', () => getDocument(access, type, id)),
      query: (query) => reading('query documents', () => queryDocuments(access, query)),
    },
    outbox: {
      read: (options) => reading('read the outbox', () => outbox.read(options)),
      remove: (ids) => reading('remove from the outbox', () => outbox.remove(ids)),
    },
    close: () => calls.end(),
  }
}

/**
 * The pins of a commit; or its answer, where it is known already: that comes before anything that its
 * conditions may be refused for.
 */
async function pinned(
  prepared: PreparedCommit,
  draft: Draft,
  access: WriteAccess,
): Promise<{ readonly pins: Pin[]; readonly earlier?: Committed }> {
  const written = new Set(draft.events.flatMap(headedOf))
  try {
    return { pins: await pinsOf(prepared.conditions, (pk) => written.has(pk), access) }
  } catch (error) {
    if (!isEventfoldError(error, 'CONFLICT')) throw error
    const facts = await factsAt([...knownKeys(draft), ...guardingKeys(draft)], access)
    const earlier = await judgeDraft(draft, facts, access)
    if (earlier) return { pins: [], earlier }
    throw error
  }
}
