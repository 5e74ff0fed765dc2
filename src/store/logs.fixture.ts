import type { StoredEvent } from '../event/event.ts'
import { prepareCommit } from './check-commit.ts'
import type { Commit, Committed } from './commit.ts'
import { rules } from './commits.fixture.ts'
import { START } from './cursor.ts'
import { isEventfoldError, type ErrorCode, type ErrorOfCode } from './errors.ts'
import { judge, type DocumentState, type LogView, type Verdict } from './judge.ts'
import { compileStreams } from './matches.ts'

/** What a log holds. */
export interface Log {
  readonly events?: readonly Omit<StoredEvent, 'metadata' | 'position' | 'timestamp'>[]
  readonly documents?: Readonly<Record<string, DocumentState>>
  readonly answers?: Readonly<Record<string, { fingerprint: string; committed: Committed }>>
}

/** A log as the judge sees it, and what it was asked. */
export function view({ events = [], documents = {}, answers = {} }: Log = {}): {
  readonly log: LogView
  readonly asked: readonly string[]
} {
  const asked: string[] = []
  const stored = events.map((event, index): StoredEvent => {
    return { ...event, metadata: {}, position: index + 1, timestamp: '2030-01-01T00:00:00.000Z' }
  })
  const log: LogView = {
    head: () => stored.at(-1) ?? START,
    idAt: (position) => stored[position - 1]?.id,
    eventById: (id) => stored.find((event) => event.id === id),
    answerTo: (key) => {
      asked.push('answer')
      return answers[key]
    },
    versionOf: ({ type, id }) => {
      asked.push('version')
      const own = stored.filter(({ aggregate }) => aggregate?.type === type && aggregate.id === id)
      return own.at(-1)?.aggregate?.version ?? 0
    },
    firstMatch: (streams, after) => {
      asked.push('match')
      return stored.find((event) => event.position > after && compileStreams(streams)(event))
    },
    documentState: (type, id) => {
      asked.push('document')
      return documents[`${type}/${id}`]
    },
  }
  return { log, asked }
}

export const verdictOn = (commit: Commit, log: Log = {}): Verdict =>
  judge(
    prepareCommit(commit, { ...rules, limits: { eventBytes: 1e6, commitEvents: 10 } }),
    view(log).log,
  )

/** The error that the judge throws, of the code that is expected. */
export function refusal<Code extends ErrorCode>(
  code: Code,
  commit: Commit,
  log: Log,
): ErrorOfCode<Code> {
  try {
    verdictOn(commit, log)
  } catch (error) {
    if (isEventfoldError(error, code)) return error
    throw error
  }
  throw new Error('it was let through')
}

export const added = { id: 'a', type: 'ADDED', data: { cartId: 'c', n: 1 } }
export const closed = { id: 'b', type: 'CLOSED', data: { cartId: 'c' } }
export const event = { type: 'ADDED', data: { cartId: 'c', n: 2 } }
export const wallet = { type: 'wallet', id: 'w' }
export const state: DocumentState = { revision: 2, cursor: '1~a', deleted: false }
