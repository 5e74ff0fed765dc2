import { DEFAULT_IDENTIFIERS, identifierTest } from '../event/identifiers.ts'
import { prepareCommit, type CommitRules } from './check-commit.ts'
import type { Commit } from './commit.ts'
import { isEventfoldError } from './errors.ts'
import { jsonCodec } from './json.ts'

/** The rules of a store with small limits. */
export const rules: CommitRules = {
  isIdentifier: identifierTest(DEFAULT_IDENTIFIERS),
  codec: jsonCodec,
  limits: { eventBytes: 100, commitEvents: 3 },
}

export const event = { type: 'A', data: {} } as const
export const document = { type: 'cart', id: 'cart_1', data: {} } as const

/** The code and the message of the refusal. */
export function refusal(commit: unknown): string {
  try {
    prepareCommit(commit as Commit, rules)
    return 'it was taken'
  } catch (error) {
    return isEventfoldError(error) ? `${error.code}: ${error.message}` : `broke: ${String(error)}`
  }
}
