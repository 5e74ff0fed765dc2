import { writableEvents } from '../client/write-events.ts'
import type { NewEvent } from '../event/event.ts'
import { isObject, refuse } from '../store/check-value.ts'
import { ownEvent } from '../store/copy.ts'
import type { Home } from './stored.ts'

/** Events of one aggregate as they go to the store. */
export interface Writable {
  /** With ids, and with data that nobody else has. */
  readonly events: readonly NewEvent[]
  /** Whether the ids are the caller's, who may send them once more. */
  readonly isKnown: boolean
}

/** Takes what is to be appended: checked, and copied before anybody else goes on. */
export async function writableOf(
  { type, definitions }: Home,
  id: string,
  events: readonly NewEvent[],
): Promise<Writable> {
  const isOwn = ({ aggregate }: NewEvent): boolean =>
    !aggregate || (aggregate.type === type && aggregate.id === id)
  const wrong = events.findIndex((event) => !isObject(event) || !isOwn(event))
  if (wrong >= 0) refuse([type, id, 'events', wrong], 'an event of this aggregate', events[wrong])
  return {
    events: await writableEvents(definitions, events.map(ownEvent)),
    isKnown: events[0]?.id !== undefined,
  }
}
