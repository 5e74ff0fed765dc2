import {
  anyObject,
  anything,
  checkAt,
  filled,
  list,
  object,
  optional,
} from '../../store/check-value.ts'

// A key that is not known, such as `filter` for `data`, would widen a read or a guard unseen.
const narrowing = { data: anything, after: anything, tx: anything, signal: anything }
const { data, ...whole } = narrowing
const requestOf = (options: object) =>
  object({ eventTypes: list(anything) }, { options: object({}, { ...options }) })

const latestOptions = optional(object({}, narrowing))
const streamOptions = optional(object({}, { ...narrowing, limit: anything }))
const readOptions = optional(object({}, { ...whole, limit: anything, backwards: anything }))
const streamRequests = list(requestOf(narrowing))
const readRequests = list(requestOf({ data }))
const validated = list(object({ types: list(anything) }, { identifier: anything }))
const query = object({ type: filled }, { data, order: anything, limit: anything, tx: anything })

type Argument =
  | 'inputs'
  | 'latestOptions'
  | 'streamOptions'
  | 'streamRequests'
  | 'readRequests'
  | 'readOptions'
  | 'validatedStreams'
  | 'projection'
  | 'latestEventId'
  | 'projectionsQuery'

/** What TypeScript refuses before, for those who do without it. Each throws `INVALID_ARGUMENT`. */
export const check: Readonly<Record<Argument, (value: unknown) => void>> = {
  inputs: checking('events', list(anyObject)),
  latestOptions: checking('options', latestOptions),
  streamOptions: checking('options', streamOptions),
  streamRequests: checking('streams', streamRequests),
  readRequests: checking('streams', readRequests),
  readOptions: checking('options', readOptions),
  validatedStreams: checking('streams', validated),
  projection: checking('projection', anyObject),
  latestEventId: checking('latestEventId', filled),
  projectionsQuery: checking('query', query),
}

function checking(what: string, test: typeof filled): (value: unknown) => void {
  return (value) => checkAt(what, test, value, [])
}
