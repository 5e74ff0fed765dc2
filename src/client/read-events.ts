import type { EventDefinition, EventDefinitions } from '../event/definition.ts'
import type { StoredEvent } from '../event/event.ts'
import { ValidationError } from '../store/errors.ts'
import { describeIssues } from './issues.ts'

/** How a client reads what is stored. */
export interface ReadRules {
  /**
   * Whether stored data is checked against its schema again, after the upcasters. For schemas that take
   * what they put out: one that transforms would transform twice. Default is `false`.
   */
  readonly validateOnRead?: boolean
  /**
   * What happens to a stored event whose type is not defined: `'refuse'` throws `INVALID_EVENT`, so that
   * nothing is decided on half of the facts; `'skip'` leaves it out, for a log that several
   * applications share. Default is `'refuse'`.
   */
  readonly unknownEvents?: 'refuse' | 'skip'
}

/** Turns stored events into those that the definitions describe; one that cannot be read names itself. */
export type EventReader = (
  event: StoredEvent,
) => Promise<StoredEvent | undefined> | StoredEvent | undefined

/** A reader for the definitions. It answers synchronously unless a schema is asked. */
export function eventReader(definitions: EventDefinitions, rules: ReadRules): EventReader {
  return (event) => {
    const definition = definitions.definitionOf(event.type)
    if (!definition) {
      if (rules.unknownEvents === 'skip') return undefined
      throw unreadable(
        event,
        'its type is not defined: add it to defineEvents, or set unknownEvents: skip',
      )
    }
    try {
      const current = definition.upcast(event)
      return rules.validateOnRead ? validated(event, current, definition) : current
    } catch (cause) {
      throw failed(event, cause)
    }
  }
}

/** All events, read in order. */
export async function readAll(
  read: EventReader,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const readable: StoredEvent[] = []
  for (const event of events) {
    const pending = read(event)
    const current = pending instanceof Promise ? await pending : pending
    if (current) readable.push(current)
  }
  return readable
}

async function validated(
  event: StoredEvent,
  current: StoredEvent,
  { check }: EventDefinition,
): Promise<StoredEvent> {
  let checked: Awaited<ReturnType<typeof check>>
  try {
    checked = await check(current.data)
  } catch (cause) {
    throw failed(event, cause)
  }
  const { issues } = checked
  if (issues) {
    throw unreadable(event, `its schema refuses it: ${describeIssues(issues)}`, { issues })
  }
  return { ...current, data: checked.value }
}

/** Where an upcaster or a schema throws. */
function failed(event: StoredEvent, cause: unknown): ValidationError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return unreadable(event, reason, { cause })
}

function unreadable(
  event: StoredEvent,
  reason: string,
  details?: Partial<ConstructorParameters<typeof ValidationError>[1]>,
): ValidationError {
  const { id, type, position } = event
  return new ValidationError(`cannot read ${type} ${id} at position ${position}: ${reason}`, {
    ...details,
    eventType: type,
    eventId: id,
    position,
  })
}
