import { idempotency } from './check-read.ts'
import { after, aggregateOf, guarding } from './check-streams.ts'
import {
  anyObject,
  anything,
  filled,
  is,
  isObject,
  list,
  name,
  object,
  oneOf,
  whole,
  type Check,
} from './check-value.ts'

const given = is('JSON', (value) => value !== undefined)

const event = object(
  { type: name, data: given },
  {
    id: name,
    metadata: anyObject,
    aggregate: aggregateOf(name),
    // A stored event may be given to another log: its place and time there are new ones.
    position: anything,
    timestamp: anything,
  },
)

const guardWord = oneOf('any', 'absent', 'present', 'newer', 'not-older')

const revision = object({ revision: whole })

const guard: Check = (value, path) => (isObject(value) ? revision : guardWord)(value, path)

const guards = list(guard)

const document = object(
  { type: name, id: name },
  {
    data: anything,
    delete: anything,
    cursor: filled,
    if: (value, path) => (Array.isArray(value) ? guards : guard)(value, path),
    otherwise: oneOf('refuse', 'skip'),
  },
)

const message = object({ type: name, data: given }, { id: name, event: whole, orderKey: filled })

/** Refuses a commit with unknown keys, or with something else where a list, a name or a text belongs. */
export const checkShape: Check = object(
  {},
  {
    events: list(event),
    conditions: list(object({ streams: guarding }, { after })),
    expect: list(object({ aggregate: aggregateOf(filled), version: whole })),
    documents: list(document),
    outbox: list(message),
    idempotency,
  },
)
