import type { PreparedCommit, PreparedDocument } from '../../store/check-commit.ts'
import type { DocumentResult } from '../../store/document.ts'

/** What a commit is answered, if the log is as it expects. */
export interface Foreseen {
  /** For each event, where there are aggregates. */
  readonly versions: readonly (number | null)[]
  readonly documents: readonly DocumentResult[]
}

const NOTHING: Foreseen = { versions: [], documents: [] }

/**
 * The answer to a commit that says itself what it will find: the version of its aggregate, the revisions
 * of its documents. `undefined` where the log has to be asked.
 */
export function foresee({ events, expect, documents }: PreparedCommit): Foreseen | undefined {
  if (expect.length + documents.length === 0 && !events.some(({ aggregate }) => aggregate)) {
    return NOTHING
  }
  const [expected] = expect
  if (expect.length > 1) return undefined
  const versions: (number | null)[] = []
  let newest = expected?.version ?? 0
  for (const { aggregate } of events) {
    if (!aggregate) versions.push(null)
    else if (
      aggregate.type === expected?.aggregate.type &&
      aggregate.id === expected.aggregate.id
    ) {
      versions.push((newest += 1))
    } else return undefined
  }
  const results: DocumentResult[] = []
  for (const document of documents) {
    const revision = revisionOf(document, expect.length > 0)
    if (revision === undefined) return undefined
    const { type, id, json } = document
    const status = json === undefined ? 'deleted' : revision > 0 ? 'updated' : 'created'
    results.push({ type, id, status, revision: revision + 1 })
  }
  return { versions, documents: results }
}

/**
 * The revision that a document has before, none being 0. Beside an aggregate those that are written whatever
 * is there are the entries of its indexes, which are written once and deleted once.
 */
function revisionOf(
  { json, guards }: PreparedDocument,
  isOfAggregate: boolean,
): number | undefined {
  const isDelete = json === undefined
  const [guard] = guards
  if (guards.length > 1) return undefined
  if (guard === undefined) return isOfAggregate ? Number(isDelete) : undefined
  const revision = guard === 'absent' ? 0 : typeof guard === 'object' ? guard.revision : undefined
  return isDelete && revision === 0 ? undefined : revision
}
