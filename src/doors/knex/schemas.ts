import { filled } from '../../store/check-value.ts'
import { ArgumentError } from '../../store/errors.ts'
import type { EventInputSchema, EventSchema, ZodObjectLike } from './zod-types.ts'

/** What both zods have in common, as far as it is used. */
interface Schema {
  readonly constructor: unknown
  readonly shape?: unknown
  keyof(): Schema
  catch(value: (context: { readonly input: unknown }) => unknown): Schema
  transform(change: (value: unknown, context: Context) => unknown): Schema
  innerType?(): Schema
}
interface Context {
  addIssue(issue: { readonly code: 'custom'; readonly message: string }): void
}

/**
 * The schema of a stored event of one type, for `z.discriminatedUnion('type', […])`. It is made with the
 * zod of the data's schema. It takes an event as the client gives it, and as `JSON.stringify` writes it.
 *
 * ```ts
 * import { createEventSchema } from 'eventfold/knex'
 * import { z } from 'zod'
 *
 * const itemAdded = createEventSchema('ITEM_ADDED', z.object({ itemId: z.string() }))
 * type ItemAdded = z.infer<typeof itemAdded>
 * ```
 */
export function createEventSchema<const Type extends string, Data extends ZodObjectLike>(
  type: Type,
  data: Data,
): EventSchema<Type, Data> {
  filled(type, ['type'])
  const zod = zodOf(data)
  const id = zod.value('a bigint, or one as a string or a number', toBigInt)
  const time = zod.value('an ISO 8601 time or a Date', toTime)
  return zod.object({
    id,
    type: zod.literal(type),
    data,
    created_at: time,
    updated_at: time,
  }) as unknown as EventSchema<Type, Data>
}

/** The schema of an event of one type as it is saved: `{ type, data }`. See {@link createEventSchema}. */
export function createEventInputSchema<const Type extends string, Data extends ZodObjectLike>(
  type: Type,
  data: Data,
): EventInputSchema<Type, Data> {
  filled(type, ['type'])
  const zod = zodOf(data)
  return zod.object({ type: zod.literal(type), data }) as unknown as EventInputSchema<Type, Data>
}

/** What can be made with the zod of a schema, without a look at the package. */
function zodOf(data: ZodObjectLike) {
  const made = objectOf(data as unknown as Schema)
  const object = (shape: Record<string, unknown>): Schema => {
    const { create } = made as { readonly create?: (shape: object) => Schema }
    // zod 3 has a factory on the class, zod 4 a definition in its constructor.
    return create ? create(shape) : new (made as Class)({ type: 'object', shape })
  }
  const literal = (text: string): Schema => object({ [text]: data }).keyof()
  const value = (expected: string, read: (given: unknown) => unknown): Schema =>
    literal('anything')
      .catch(({ input }) => input)
      .transform((given, context) => {
        const result = read(given)
        if (result === undefined) {
          context.addIssue({ code: 'custom', message: `expected ${expected}` })
        }
        return result
      })
  return { object, literal, value }
}

type Class = new (definition: { readonly type: 'object'; readonly shape: object }) => Schema

function objectOf(given: Schema): unknown {
  let schema = given
  // A refinement of zod 3 is a schema around the object.
  while (typeof schema?.keyof !== 'function' && typeof schema?.innerType === 'function') {
    schema = schema.innerType()
  }
  if (typeof schema?.keyof !== 'function' || typeof schema.transform !== 'function') {
    throw new ArgumentError('data: expected a z.object(…) of zod 3.24 or 4')
  }
  return schema.constructor
}

function toBigInt(given: unknown): bigint | undefined {
  if (typeof given === 'bigint') return given
  if (typeof given === 'number') return Number.isSafeInteger(given) ? BigInt(given) : undefined
  return typeof given === 'string' && /^-?\d{1,19}$/u.test(given) ? BigInt(given) : undefined
}

function toTime(given: unknown): string | undefined {
  if (given instanceof Date) return Number.isNaN(given.getTime()) ? undefined : given.toISOString()
  const isTime =
    typeof given === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/u.test(given)
  return isTime ? given : undefined
}
