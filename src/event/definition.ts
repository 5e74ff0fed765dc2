import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkData } from './check-data.ts'
import type { EventShape, StoredEvent } from './event.ts'
import { upcast } from './upcast.ts'

/** Turns the data of one schema version into the data of the next. */
export type Upcaster = {
  // A method, so that the parameter may be annotated with the old version's exact type.
  upcast(data: Record<string, unknown>): unknown
}['upcast']

/** A schema that has changed since the first event of its type was written. */
export interface VersionedSchema<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  readonly schema: Schema
  /** The version that new events are written with, recorded in their metadata when it is not 1. Default is 1. */
  readonly version?: number
  /**
   * `upcasters[n]` turns data of version `n` into data of version `n + 1`; they run in turn on every
   * read, synchronously. From the oldest one on, none may be missing.
   */
  readonly upcasters?: { readonly [fromVersion: number]: Upcaster }
}

/** What {@link defineEvents} takes: a schema for each event type, plain or versioned. */
export type EventSchemas = Readonly<Record<string, StandardSchemaV1 | VersionedSchema>>

type SchemaOf<Entry> = Entry extends StandardSchemaV1
  ? Entry
  : Entry extends VersionedSchema<infer Schema>
    ? Schema
    : never

/** The union of the events as they are stored: each type with the output of its schema. */
export type EventUnion<Schemas extends EventSchemas> = {
  [Type in keyof Schemas & string]: {
    readonly type: Type
    readonly data: StandardSchemaV1.InferOutput<SchemaOf<Schemas[Type]>>
  }
}[keyof Schemas & string]

/** The union of the events as they are given: each type with the input of its schema. */
export type EventInputUnion<Schemas extends EventSchemas> = {
  [Type in keyof Schemas & string]: {
    readonly type: Type
    readonly data: StandardSchemaV1.InferInput<SchemaOf<Schemas[Type]>>
  }
}[keyof Schemas & string]

/** What is known of one event type. */
export interface EventDefinition {
  /** The version that new events are written with. */
  readonly version: number
  /** Runs the schema; a key that it would drop is an issue. Answers synchronously where the schema does. */
  readonly check: (
    data: unknown,
  ) => StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>
  /** The event with the data of {@link version}. Throws where an upcaster fails or is missing. */
  readonly upcast: (event: StoredEvent) => StoredEvent
}

/** The event types of an application. It is itself a Standard Schema of their union. */
export interface EventDefinitions<
  Event extends EventShape = EventShape,
  Input extends EventShape = Event,
> extends StandardSchemaV1<Input, Event> {
  readonly types: readonly Event['type'][]
  /** `undefined` for a type that is not defined. */
  readonly definitionOf: (type: string) => EventDefinition | undefined
}

/**
 * Defines the event types of an application from any Standard Schema (zod, valibot, arktype…).
 * `data` is tied to `type` wherever the result is used. What a schema puts out is what is stored; a
 * key that a schema would drop is refused. Throws a `TypeError` for an entry that is no schema, and for
 * upcasters that do not lead to the version.
 *
 * ```ts
 * const events = defineEvents({
 *   CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
 *   ITEM_ADDED: {
 *     version: 2,
 *     schema: z.object({ cartId: z.string(), productId: z.string(), quantity: z.number() }),
 *     upcasters: { 1: (data) => ({ quantity: 1, ...data }) },
 *   },
 * })
 * ```
 */
export function defineEvents<const Schemas extends EventSchemas>(
  schemas: Schemas,
): EventDefinitions<
  // `EventUnion` and `EventInputUnion` spelt out, so that editors and errors show events, not schemas.
  {
    [Type in keyof Schemas & string]: {
      readonly type: Type
      readonly data: StandardSchemaV1.InferOutput<SchemaOf<Schemas[Type]>>
    }
  }[keyof Schemas & string],
  {
    [Type in keyof Schemas & string]: {
      readonly type: Type
      readonly data: StandardSchemaV1.InferInput<SchemaOf<Schemas[Type]>>
    }
  }[keyof Schemas & string]
> {
  const definitions = new Map<string, EventDefinition>()
  for (const [type, entry] of Object.entries(schemas)) {
    definitions.set(type, define(isSchema(entry) ? { schema: entry } : checkVersioned(type, entry)))
  }
  return {
    types: [...definitions.keys()] as EventUnion<Schemas>['type'][],
    definitionOf: (type) => definitions.get(type),
    '~standard': {
      version: 1,
      vendor: 'eventfold',
      validate: (value) => validateEvent(definitions, value),
    },
  }
}

function define(entry: VersionedSchema): EventDefinition {
  return {
    version: entry.version ?? 1,
    check: (data) => checkData(entry.schema, data),
    upcast: (event) => upcast(event, entry),
  }
}

function isSchema(entry: unknown): entry is StandardSchemaV1 {
  // arktype's schemas are functions.
  return entry != null && '~standard' in Object(entry)
}

/** Refuses what would only be noticed when an old event is read. */
function checkVersioned(type: string, entry: VersionedSchema): VersionedSchema {
  const fail = (what: string): never => {
    throw new TypeError(`defineEvents: ${type} ${what}`)
  }
  const { schema, version = 1, upcasters = {}, ...others } = entry ?? {}
  if (!isSchema(schema)) {
    return fail('needs a Standard Schema (of zod, valibot, arktype…), alone or as its `schema`')
  }
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) fail(`has the unknown key "${unknown}"`)
  if (!Number.isSafeInteger(version) || version < 1) {
    fail(`has the version ${String(version)}: give a whole number from 1`)
  }
  const steps = Object.keys(upcasters).map(Number)
  const wrong = steps.find((step) => !(step >= 1 && step < version))
  if (wrong !== undefined) {
    fail(`has an upcaster from version ${wrong}, which its version ${version} never needs`)
  }
  for (let step = Math.min(...steps); step < version; step += 1) {
    if (typeof upcasters[step] !== 'function') fail(`has no upcaster from version ${step}`)
  }
  return entry
}

async function validateEvent(
  definitions: ReadonlyMap<string, EventDefinition>,
  value: unknown,
): Promise<StandardSchemaV1.Result<EventShape>> {
  const event = value as Partial<EventShape> | null | undefined
  const definition = typeof event?.type === 'string' ? definitions.get(event.type) : undefined
  if (event == null || definition === undefined) {
    const known = [...definitions.keys()].join(', ')
    const found = typeof event?.type === 'string' ? `"${event.type}"` : typeof event?.type
    return {
      issues: [{ message: `unknown event type ${found}: use one of ${known}`, path: ['type'] }],
    }
  }
  const checked = await definition.check(event.data)
  return checked.issues
    ? {
        // Copied by name: arktype's issues have their message as a getter, which a spread would lose.
        issues: checked.issues.map(({ message, path = [] }) => ({
          message,
          path: ['data', ...path],
        })),
      }
    : { value: { ...event, type: event.type as string, data: checked.value } }
}
