import { getEventContext } from '../event/context.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { EventMetadata, NewEvent } from '../event/event.ts'
import { createEventId } from '../event/id.ts'
import { ValidationError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import { describeIssues } from './issues.ts'

type Definitions = Pick<EventDefinitions, 'types' | 'definitionOf'>

/**
 * Events as they go to the store: data as its schema put it out, metadata with the context of the
 * caller, and an id, so that a second attempt sends the same.
 */
export async function writableEvents(
  definitions: Definitions,
  events: readonly NewEvent[],
): Promise<NewEvent[]> {
  const context = contextMetadata()
  const writable: NewEvent[] = []
  for (const event of events) {
    const type: unknown = event?.type
    const definition = definitions.definitionOf(type as string)
    if (!definition) {
      const known = definitions.types.join(', ')
      throw new ValidationError(
        `the event type ${show(type)} is not defined: add it to defineEvents, which has ${known}`,
        typeof type === 'string' ? { eventType: type } : {},
      )
    }
    const pending = definition.check(event.data)
    const checked = pending instanceof Promise ? await pending : pending
    if (checked.issues) {
      throw new ValidationError(
        `${event.type}: its schema refuses it: ${describeIssues(checked.issues)}`,
        { eventType: event.type, issues: checked.issues },
      )
    }
    const { version } = definition
    writable.push({
      ...event,
      id: event.id ?? createEventId(),
      data: checked.value,
      metadata: {
        ...context,
        ...event.metadata,
        // The data has just been checked against this version, whatever was copied from elsewhere.
        schemaVersion: version === 1 ? undefined : version,
      },
    })
  }
  return writable
}

function contextMetadata(): EventMetadata {
  const { correlationId, causationId, actorId, tenantId, source } = getEventContext()
  return { correlationId, causationId, actorId, tenantId, source }
}
