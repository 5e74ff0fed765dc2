import { StoreError } from '../../store/errors.ts'
import type { KeyNames } from './table.ts'

/** What was being done when DynamoDB failed. */
export interface Call {
  readonly what: 'read' | 'write to' | 'make'
  readonly tableName: string
  readonly keyNames: KeyNames
}

/**
 * What an error says. `'passing'`: refused for now. `'lost'`: nobody knows what became of it.
 * `'unfinished'`: an earlier sending of it is still at work. `'unsent'`: it did not go out. `'final'`: refused.
 */
export type Verdict = 'passing' | 'lost' | 'unfinished' | 'unsent' | 'final'

/** What the SDK tells beside a message. */
interface AwsError {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly CancellationReasons?: readonly CancellationReason[]
  readonly Item?: unknown
}

interface CancellationReason {
  readonly Code?: string
  readonly Message?: string
  readonly Item?: unknown
}

const PASSING = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'RequestLimitExceededException',
  'Throttling',
  'ThrottlingException',
  'TransactionConflictException',
])
const IN_PROGRESS = 'TransactionInProgressException'

/** Why a transaction is cancelled that may pass later. */
const PASSING_REASONS = new Set([
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
  'TransactionConflict',
])

const NO_CONNECTION = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
])

/** How DynamoDB calls a key that is not the table's. */
const OTHER_KEYS =
  /key element does not match|Missing the key|missed key schema|Type mismatch for key|number of conditions on the keys/iu
/** Without ids and a key a second sending would store the events twice. */
const UNKNOWN =
  ' Whether it was written is unknown: send it again only with the same event ids or the same idempotency key; look first otherwise.'
const NO_INDEX = /does not have the specified index/iu

const detailsOf = (error: unknown): AwsError => error ?? {}
const reasonsOf = (error: unknown): readonly CancellationReason[] =>
  (nameOf(error) === 'TransactionCanceledException' && detailsOf(error).CancellationReasons) || []

function nameOf(error: unknown): string {
  return String(detailsOf(error).name)
}

/** Whether a request certainly did not go out. */
export function unsent(error: unknown): boolean {
  return NO_CONNECTION.has(String(detailsOf(error).code))
}

/** `isSent`: whether the request was seen to go out. */
export function verdictOf(error: unknown, isSent: boolean): Verdict {
  const { code, $metadata } = detailsOf(error)
  const name = nameOf(error)
  if (name === IN_PROGRESS) return 'unfinished'
  if (PASSING.has(name)) return 'passing'
  const reasons = reasonsOf(error).flatMap(({ Code = 'None' }) => (Code === 'None' ? [] : [Code]))
  if (reasons.length) return reasons.every((it) => PASSING_REASONS.has(it)) ? 'passing' : 'final'
  const status = $metadata?.httpStatusCode ?? 0
  if (status >= 400) return status >= 500 ? 'lost' : 'final'
  if (unsent(error)) return 'unsent'
  return isSent || typeof code === 'string' || name === 'TimeoutError' ? 'lost' : 'final'
}

/** For each step of a transaction that its condition refused what is stored, if anything. */
export function refusalsOf(error: unknown): ReadonlyMap<number, unknown> | undefined {
  const refused = reasonsOf(error).flatMap(({ Code, Item }, index): [number, unknown][] =>
    Code === 'ConditionalCheckFailed' ? [[index, Item]] : [],
  )
  return refused.length ? new Map(refused) : undefined
}

/** Whether the condition of a single write refused it, and what is stored, if anything. */
export function refusalOf(error: unknown): { readonly item: unknown } | undefined {
  if (nameOf(error) !== 'ConditionalCheckFailedException') return undefined
  return { item: detailsOf(error).Item }
}

export function isMissingTable(error: unknown): boolean {
  return nameOf(error) === 'ResourceNotFoundException'
}

export function isExistingTable(error: unknown): boolean {
  return nameOf(error) === 'ResourceInUseException'
}

/** Whether a request named other key attributes than the table has. */
export function isOtherKeys(error: unknown): boolean {
  return OTHER_KEYS.test(messageOf(error))
}

/** The error of a call that DynamoDB has failed; `isUnknown` where it may have written all the same. */
export function asStoreError(error: unknown, call: Call, isUnknown: boolean): StoreError {
  const { what, tableName } = call
  const failed = `Cannot ${what} the table ${tableName}`
  const said = messageOf(error)
  if (isMissingTable(error)) return missingTable(call, error)
  if (NO_INDEX.test(said)) return missingIndex(call, error)
  const outcome = isUnknown ? 'unknown' : 'none'
  const again = isUnknown ? UNKNOWN : ''
  switch (verdictOf(error, isUnknown)) {
    case 'passing':
      return new StoreError(
        'busy',
        `${failed}: DynamoDB refused it again and again (${said}). Try later, or give the table more capacity.${again}`,
        { cause: error, retryable: true, outcome },
      )
    case 'lost':
    case 'unfinished':
      return new StoreError('driver', `${failed}: no answer came (${said}).${again}`, {
        cause: error,
        retryable: true,
        outcome,
      })
    case 'unsent':
      return new StoreError(
        'driver',
        `${failed}: DynamoDB cannot be reached (${said}). Check the endpoint and the region of the client.${again}`,
        { cause: error, retryable: true, outcome },
      )
    case 'final':
      return new StoreError('driver', `${failed}: ${said}.${again}`, {
        cause: error,
        retryable: isUnknown,
        outcome,
      })
  }
}

/** The error of a batch of which something was left over each time. */
export function leftOver({ what, tableName }: Call, count: number): StoreError {
  return new StoreError(
    'busy',
    `Cannot ${what} the table ${tableName}: DynamoDB left ${count} items of a batch unprocessed again and again. Try later, or give the table more capacity.`,
    { retryable: true, outcome: what === 'read' ? 'none' : 'unknown' },
  )
}

function missingTable({ what, tableName }: Call, cause: unknown): StoreError {
  return new StoreError(
    'not-a-log',
    `Cannot ${what} the table ${tableName}: there is none of this name in the client's account and region. ` +
      'Make it with `await createTable({ client, tableName })` of eventfold/dynamodb, or deploy what `tableDefinition` gives.',
    { cause },
  )
}

/** The error of a table without the index of types, or with another one under its name. */
export function missingIndex({ what, tableName }: Call, cause?: unknown): StoreError {
  return new StoreError(
    'not-a-log',
    `Cannot ${what} the table ${tableName}: it has no index \`by-type\` of \`byType\` and \`at\` with all attributes. ` +
      'Add it as `tableDefinition` of eventfold/dynamodb describes it.',
    { cause },
  )
}

/** The error of a table whose key has other names; `found` where they are known. */
export function otherKeys(call: Call, found: string | undefined, cause?: unknown): StoreError {
  const { what, tableName, keyNames } = call
  const has = found === undefined ? 'other ones' : found
  return new StoreError(
    'not-a-log',
    `Cannot ${what} the table ${tableName}: its key is expected to be ${keyNames.pk} and ${keyNames.sk}, both strings, and it has ${has}. ` +
      'Name them with the option `keyNames: { pk, sk }`, or use another table.',
    { cause },
  )
}

/** What AWS says, without the data that some messages repeat. */
function messageOf(error: unknown): string {
  const { message, name, code } = detailsOf(error)
  const reasons = reasonsOf(error).flatMap(({ Code = 'None', Message = '' }) =>
    Code === 'None' ? [] : [`${Code}: ${Message}`],
  )
  const said = reasons.length ? reasons.join('; ') : String(message || code || name)
  const kind = /^(?:Error|undefined|TypeError)$/u.test(String(name)) ? '' : `${String(name)}: `
  return (kind + said)
    .replaceAll(/\{.*\}/gsu, '{…}')
    .replaceAll(/Value '.*' at/gsu, "Value '…' at")
    .replaceAll(/numeric value: .*/gsu, 'numeric value: …')
}

/** The error of a table whose items expire by an attribute that is not ours. */
export function otherExpiry({ what, tableName }: Call, found: string): StoreError {
  return new StoreError(
    'not-a-log',
    `Cannot ${what} the table ${tableName}: its time to live is the attribute ${found}, and a log needs \`expires\`. Use another table.`,
  )
}

/** The error of a table that cannot be used yet. */
export function neverReady({ what, tableName }: Call, status = 'missing'): StoreError {
  return new StoreError(
    'busy',
    `Cannot ${what} the table ${tableName}: it is ${status} still. Call createTable again to wait on.`,
    { retryable: true },
  )
}
