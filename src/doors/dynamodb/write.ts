import { resend } from '../../client/resend.ts'
import { writableEvents } from '../../client/write-events.ts'
import type { EventDefinition, EventDefinitions } from '../../event/definition.ts'
import type { EventShape } from '../../event/event.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import type { EventStore } from '../../store/store.ts'
import type { CallOptions } from './client.ts'

/** Any type with any data: the types of this door's events are TypeScript's alone. */
const anyEvent: EventDefinition = {
  version: 1,
  check: (data) => ({ value: data }),
  upcast: (event) => event,
}
export const anyEvents: EventDefinitions = {
  types: [],
  definitionOf: () => anyEvent,
  '~standard': {
    version: 1,
    vendor: 'eventfold',
    validate: (value) => ({ value: value as EventShape }),
  },
}

/** Writes one commit. */
export type Writer = (commit: Commit, options?: CallOptions) => Promise<Committed>

/**
 * Writes with the context of the caller. The store makes the ids, so that each is the place of its event:
 * one that is sent is paid for, since the store keeps it unique. A lost answer is then the store's to find
 * out; what it cannot, is sent again only where ids or a key tell it from a second call.
 */
export function writerTo(store: EventStore): Writer {
  return async (commit, { signal } = {}) => {
    const { events: given } = commit
    const isNamed = given?.some(({ id }) => id !== undefined) ?? false
    const writable = given && (await writableEvents(anyEvents, given))
    const events = isNamed ? writable : writable?.map((event) => ({ ...event, id: undefined }))
    const isKnown = isNamed || commit.idempotency !== undefined
    return resend(() => store.commit({ ...commit, events }, { signal }), { signal, isKnown })
  }
}
