import { ArgumentError } from '../../../store/errors.ts'
import type { KeyNames } from '../../../stores/dynamodb/table.ts'

/** What the constructs tell their functions, which are deployed as they are. */
export interface FunctionEnvironment {
  readonly EVENT_BUS_NAME?: string
  /** A list, as JSON. */
  readonly QUEUE_URL_LIST?: string
  readonly EVENT_SOURCE?: string
  /** As JSON, where the table has names of its own for its key. */
  readonly KEY_NAMES?: string
  readonly REPORT_BATCH_ITEM_FAILURES: 'true'
}

export function setting(name: keyof FunctionEnvironment): string {
  const value = process.env[name]
  if (value) return value
  throw new ArgumentError(`The environment variable ${name} is not set`)
}

export function queueUrls(): readonly string[] {
  return JSON.parse(process.env['QUEUE_URL_LIST'] ?? '[]') as readonly string[]
}

export function keyNames(): { readonly keyNames?: KeyNames } {
  const names = process.env['KEY_NAMES']
  return names ? { keyNames: JSON.parse(names) as KeyNames } : {}
}
