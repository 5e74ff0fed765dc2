import type { Workload } from '../../../conformance/index.ts'
import type { EventStore } from '../../../store/store.ts'

/** One store after the other takes a call. */
export function inTurns(stores: readonly EventStore[]): EventStore {
  let calls = 0
  const next = (): EventStore => {
    calls += 1
    return stores[calls % stores.length] as EventStore
  }
  return {
    capabilities: next().capabilities,
    commit: (commit, options) => next().commit(commit, options),
    load: (streams, options) => next().load(streams, options),
    read: (streams, options) => next().read(streams, options),
    documents: {
      get: (type, id) => next().documents.get(type, id),
      query: (query) => next().documents.query(query),
    },
    outbox: {
      read: (options) => next().outbox.read(options),
      remove: (ids) => next().outbox.remove(ids),
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close()))
    },
  }
}

/** The workload without commits that are sent at once: to several stores these have no order. */
export function oneByOne(workload: Workload): Workload {
  return workload.map((step) =>
    step.do === 'commit' ? { ...step, commits: step.commits.slice(0, 1) } : step,
  )
}
