import type { StandardSchemaV1 } from '@standard-schema/spec'

type Result = StandardSchemaV1.Result<unknown>

/**
 * Runs a schema over the data of an event. A key that the schema would drop is an issue: what the
 * caller gave is stored whole or refused. Synchronous schemas answer synchronously.
 */
export function checkData(schema: StandardSchemaV1, data: unknown): Result | Promise<Result> {
  const result = schema['~standard'].validate(data)
  return result instanceof Promise
    ? result.then((settled) => refuseDropped(data, settled))
    : refuseDropped(data, result)
}

function refuseDropped(data: unknown, result: Result): Result {
  // arktype's failures are arrays that carry `issues`; its successes carry none.
  if (result.issues) return { issues: result.issues }
  const dropped: PropertyKey[][] = []
  collectDropped(data, result.value, [], dropped)
  if (dropped.length === 0) return { value: result.value }
  return {
    issues: dropped.map((path) => ({
      message: `the schema drops the key "${path.map(String).join('.')}": add it to the schema or leave it out`,
      path,
    })),
  }
}

function collectDropped(
  given: unknown,
  kept: unknown,
  path: PropertyKey[],
  dropped: PropertyKey[][],
): void {
  if (given === kept || !isPlain(given) || !isPlain(kept)) return
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!Object.hasOwn(kept, key)) dropped.push([...path, key])
    else collectDropped(value, (kept as Record<string, unknown>)[key], [...path, key], dropped)
  }
}

function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
