import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isPlainObject } from './plain.ts'

type Result = StandardSchemaV1.Result<unknown>
type Path = readonly (string | number)[]

const DROPPED =
  'the schema does not know this and would drop it: add it to the schema or leave it out'

/**
 * Runs a schema over the data of an event. A key that the schema would drop is an issue: what the
 * caller gave is stored whole or refused. A key that the schema checks may be renamed or used up by
 * a transform. Synchronous schemas answer synchronously.
 */
export function checkData(schema: StandardSchemaV1, data: unknown): Result | Promise<Result> {
  const result = schema['~standard'].validate(data)
  return result instanceof Promise
    ? result.then((settled) => refuseDropped(schema, data, settled))
    : refuseDropped(schema, data, result)
}

function refuseDropped(
  schema: StandardSchemaV1,
  data: unknown,
  result: Result,
): Result | Promise<Result> {
  // arktype's failures are arrays that carry `issues`; its successes carry none.
  if (result.issues) return { issues: result.issues }
  const missing: Path[] = []
  collectMissing(data, result.value, [], missing)
  if (missing.length === 0) return { value: result.value }
  const refuse = (ignored: readonly boolean[]): Result => {
    const dropped = missing.filter((_, index) => ignored[index])
    return dropped.length === 0
      ? { value: result.value }
      : { issues: dropped.map((path) => ({ message: DROPPED, path })) }
  }
  const answers = missing.map((path) => isIgnored(schema, data, path))
  return answers.some((answer) => answer instanceof Promise)
    ? Promise.all(answers.map(async (answer) => answer)).then(refuse)
    : refuse(answers as boolean[])
}

/** The places of what was given and is no longer there. What changed its shape is a transform. */
function collectMissing(
  given: unknown,
  kept: unknown,
  path: (string | number)[],
  missing: Path[],
): void {
  if (given === kept) return
  const isList = Array.isArray(given) && Array.isArray(kept)
  if (!isList && !(isPlainObject(given) && isPlainObject(kept))) return
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    path.push(isList ? Number(key) : key)
    if (Object.hasOwn(kept, key)) {
      collectMissing(value, (kept as Record<string, unknown>)[key], path, missing)
    } else missing.push([...path])
    path.pop()
  }
}

/** Whether the schema lets anything pass in this place: then it did not use what was there. */
function isIgnored(
  schema: StandardSchemaV1,
  data: unknown,
  path: Path,
): boolean | Promise<boolean> {
  try {
    const result = schema['~standard'].validate(replaced(data, path, Symbol('not JSON')))
    return result instanceof Promise
      ? result.then(
          ({ issues }) => !issues,
          () => false,
        )
      : !result.issues
  } catch {
    return false
  }
}

function replaced(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement
  const inner = replaced((value as Record<string, unknown>)[key], rest, replacement)
  return Array.isArray(value)
    ? value.with(Number(key), inner)
    : { ...(value as object), [key]: inner }
}
