import type { StandardSchemaV1 } from '@standard-schema/spec'
// Types alone, of whichever zod is installed: 3.24 has no subpaths, and then they are `any`.
/** @ts-ignore zod is the application's own */
import type * as zod from 'zod'
/** @ts-ignore only zod 3.25 and newer */
import type * as v3 from 'zod/v3'
/** @ts-ignore only zod 3.25 and newer */
import type * as v4 from 'zod/v4'

/** A `z.object(…)` of zod 3.24 or 4. */
export interface ZodObjectLike extends StandardSchemaV1 {
  readonly shape: object
  keyof(): unknown
}

/** In tuples, for a condition on what cannot be resolved is itself unresolved. */
type IsAny<Type> = [Type] extends [string] ? ([Type] extends [number] ? true : false) : false

interface Base<Type, Data> {
  type: Type
  data: Data
}
interface Row<Id, Type, Data, Time> extends Base<Type, Data> {
  id: Id
  created_at: Time
  updated_at: Time
}
/** An interface is no record of schemas, what is mapped is. */
type Shape<Members> = { [Key in keyof Members]: Members[Key] }

/** The schema of a stored event: an object of the zod that `Data` was made with. */
export type EventSchema<Type extends string, Data> = Data extends { readonly _zod: unknown }
  ? Data extends v4.ZodTypeAny
    ? ReturnType<
        typeof v4.object<Shape<Row<v4.ZodType<bigint>, v4.ZodType<Type>, Data, v4.ZodType<string>>>>
      >
    : never
  : IsAny<v3.ZodTypeAny> extends true
    ? Data extends zod.ZodTypeAny
      ? ReturnType<
          typeof zod.object<
            Shape<Row<zod.ZodType<bigint>, zod.ZodType<Type>, Data, zod.ZodType<string>>>
          >
        >
      : never
    : Data extends v3.ZodTypeAny
      ? ReturnType<
          typeof v3.object<
            Shape<Row<v3.ZodType<bigint>, v3.ZodType<Type>, Data, v3.ZodType<string>>>
          >
        >
      : never

/** The schema of an event that may be saved: an object of the zod that `Data` was made with. */
export type EventInputSchema<Type extends string, Data> = Data extends { readonly _zod: unknown }
  ? Data extends v4.ZodTypeAny
    ? ReturnType<typeof v4.object<Shape<Base<v4.ZodType<Type, Type>, Data>>>>
    : never
  : IsAny<v3.ZodTypeAny> extends true
    ? Data extends zod.ZodTypeAny
      ? ReturnType<typeof zod.object<Shape<Base<zod.ZodType<Type>, Data>>>>
      : never
    : Data extends v3.ZodTypeAny
      ? ReturnType<typeof v3.object<Shape<Base<v3.ZodType<Type>, Data>>>>
      : never
