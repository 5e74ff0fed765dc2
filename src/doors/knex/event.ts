import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describeIssues } from '../../client/issues.ts'
import type { StoredEvent } from '../../event/event.ts'
import { isPlainObject } from '../../event/plain.ts'
import { ValidationError } from '../../store/errors.ts'

/** The id of an event that is staged and not stored: the largest that the column could hold. */
export const STAGED_ID = 9_223_372_036_854_775_807n

/** An event as this door gives it, whatever its type. */
export interface AnyEvent {
  readonly id: bigint
  readonly type: string
  readonly data: unknown
  readonly created_at: string
  readonly updated_at: string
}

/** Turns stored events into those of the door. */
export type EventDecoder = (event: StoredEvent) => Promise<StoredEvent>

// Kept on the core's event, so that it may travel through the core's sessions.
const SHOWN = Symbol('shown')

/**
 * Reads stored events with the schema of their union: each comes back with the data that the schema put
 * out. One that it refuses names itself. Without a schema data is taken as it is.
 */
export function eventDecoder(schema: StandardSchemaV1 | undefined): EventDecoder {
  return async (stored) => {
    const row = rowOf(stored)
    const value = schema ? await parsed(schema, stored, row) : row
    const shown = isPlainObject(value) ? serialising({ ...row, ...value }, 'id') : value
    const { data } = isPlainObject(value) ? value : stored
    return Object.defineProperty({ ...stored, data }, SHOWN, { value: shown })
  }
}

/** The event of the door for one of the core: decoded before, or staged. */
export function shownEvent(event: StoredEvent): AnyEvent {
  const { [SHOWN]: shown } = event as { [SHOWN]?: AnyEvent }
  return shown ?? serialising(rowOf(event), 'id')
}

/** Makes a bigint a string in JSON, which has none. The method is nobody's data: no loop comes across it. */
export function serialising<Value extends object>(value: Value, key: keyof Value): Value {
  const toJSON = function (this: Value): object {
    return { ...this, [key]: String(this[key]) }
  }
  return Object.defineProperty(value, 'toJSON', { value: toJSON, configurable: true })
}

function rowOf({ position, type, data, timestamp }: StoredEvent): AnyEvent {
  const id = position === Infinity ? STAGED_ID : BigInt(position)
  return { id, type, data, created_at: timestamp, updated_at: timestamp }
}

async function parsed(
  schema: StandardSchemaV1,
  { id, type, position }: StoredEvent,
  row: AnyEvent,
): Promise<unknown> {
  const refuse = (reason: string, details: object): never => {
    throw new ValidationError(`cannot read ${type} ${id} at position ${position}: ${reason}`, {
      ...details,
      eventType: type,
      eventId: id,
      position,
    })
  }
  try {
    const result = await schema['~standard'].validate(row)
    if (!result.issues) return result.value
    const { issues } = result
    return refuse(`the event union refuses it: ${describeIssues(issues)}`, { issues })
  } catch (cause) {
    if (cause instanceof ValidationError) throw cause
    return refuse(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
