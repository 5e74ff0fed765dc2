import {
  anyObject,
  anything,
  checkAt,
  filled,
  is,
  isObject,
  list,
  object,
  refuse,
  type Check,
  type Path,
} from '../../store/check-value.ts'

/** Whether a key of `data` is an identifier here. */
export function isIdKey(key: unknown): boolean {
  return typeof key === 'string' && key.length > 3 && key.endsWith('_id')
}

export const idKey: Check = is("a key of data that ends in '_id'", isIdKey)

const id = is('a non-empty string or a finite number', (value) =>
  typeof value === 'string' ? value !== '' : Number.isFinite(value),
)
const narrowing: Readonly<Record<string, Check>> = { partitionId: id, modelKey: idKey, modelId: id }
const call = { signal: anything }
const reading = { ...call, after: is('an event id, a ULID or a cursor', isText), limit: anything }
const saving = { ...call, idempotencyKey: anything }
const types = list(filled)
const several = { streams: list(streamOf({ eventTypes: types }), 1) }
const event = object({ type: filled, data: anything }, { id: filled, metadata: anything })
const input: Check = (value, path) => {
  event(value, path)
  checkAt('data', filed, (value as { readonly data: unknown }).data, path)
}
const named = { type: filled, id: filled }
const written = { data: anything, ...call }

type Argument =
  | 'commit'
  | 'inputs'
  | 'input'
  | 'latest'
  | 'stream'
  | 'streams'
  | 'load'
  | 'read'
  | 'validation'
  | 'validations'
  | 'saving'
  | 'name'
  | 'write'
  | 'projection'

/** What TypeScript refuses before, for those who do without it. Each throws `INVALID_ARGUMENT`. */
export const check: Readonly<Record<Argument, (value: unknown) => void>> = {
  commit: checking('commit', (value, path) => {
    anyObject(value, path)
    const { events } = value as { readonly events?: unknown }
    if (events !== undefined) checkAt('events', list(input), events, path)
  }),
  inputs: checking('events', list(input)),
  input: checking('event', input),
  latest: checking('query', streamOf({ eventType: filled }, reading)),
  stream: checking('query', streamOf({ eventTypes: types }, reading)),
  streams: checking('query', object(several, reading)),
  load: checking('query', object(several, { ...call, after: reading.after })),
  read: checking('query', object(several, { ...reading, backwards: anything })),
  validation: checking('query', object({ ...several, event: anything }, validating())),
  validations: checking('query', object({ ...several, events: anything }, validating())),
  saving: checking('options', object({}, saving)),
  name: checking('projection', object(named)),
  write: checking('projection', object(named, written)),
  projection: checking('projection', object({ ...named, cursor: filled }, written)),
}

function validating(): Readonly<Record<string, Check>> {
  return { ...saving, after: reading.after }
}

function checking(what: string, test: Check): (value: unknown) => void {
  return (value) => checkAt(what, test, value, [])
}

/** What names types and, perhaps, a partition and a model. What is given has a value: it is not widened. */
function streamOf(needed: Readonly<Record<string, Check>>, more = {}): Check {
  const shape = object(needed, { ...narrowing, ...more })
  return (value, path) => {
    shape(value, path)
    const given = value as Readonly<Record<string, unknown>>
    for (const [key, test] of Object.entries(narrowing)) {
      if (key in given) checkAt(key, test, given[key], path)
    }
    if ('modelKey' in given !== 'modelId' in given) {
      refuse(path, 'modelKey and modelId together, or neither', given)
    }
  }
}

/** An identifier may be absent. Where it is there, it names something. */
function filed(data: unknown, path: Path): void {
  if (!isObject(data)) return
  for (const [key, value] of Object.entries(data)) {
    if (value !== '' || !isIdKey(key)) continue
    checkAt(key, () => refuse(path, 'an identifier that is not empty, or none', value), value, path)
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
