import { eventReader } from '../client/read-events.ts'
import type { EventDefinition, EventDefinitions } from '../event/definition.ts'
import { name } from '../store/check-value.ts'
import { ArgumentError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import type { EventStore } from '../store/store.ts'
import type { IndexKey } from './define-index.ts'
import type { Rulebook } from './rulebook.ts'
import { Recent } from './recent.ts'
import type { Found, Kind } from './stored.ts'

/** What an aggregate type is made of. */
export interface KindOptions<State> {
  readonly type: string
  readonly store: EventStore
  readonly rulebook: Rulebook<State>
  readonly indexes: ReadonlyMap<string, IndexKey<State>>
  /** Default lets every event pass as it is. */
  readonly definitions?: EventDefinitions | undefined
}

/** Checks what an aggregate type is made of. */
export function kindOf<State>(options: KindOptions<State>): Kind<State> {
  const { type, store, rulebook, indexes, definitions = anyEvents } = options
  name(type, ['aggregate', 'type'])
  if (typeof store?.commit !== 'function') {
    throw new ArgumentError(`aggregate ${type}: expected an opened store, found ${show(store)}`)
  }
  if (typeof rulebook?.apply !== 'function') {
    throw new ArgumentError(`aggregate ${type}: expected a Processor, found ${show(rulebook)}`)
  }
  const read = eventReader(definitions, {})
  const recent = new Recent<Found<State>>()
  return {
    type,
    store,
    rulebook,
    definitions,
    read,
    recent,
    indexes,
  }
}

const anyEvent: EventDefinition = {
  version: 1,
  check: (value) => ({ value }),
  upcast: (event) => event,
}

const anyEvents = {
  types: [],
  definitionOf: () => anyEvent,
} satisfies Omit<EventDefinitions, '~standard'> as unknown as EventDefinitions
