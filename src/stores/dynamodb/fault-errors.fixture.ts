import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb'

/**
 * `'conflict'`: another transaction is at one of the items. `'throttled'`, `'exhausted'`: refused for too
 * much traffic, the latter inside of a transaction. `'in-progress'`: the same token is at work. `'lost'`:
 * done, and the answer lost; `'server-error'`: done, and answered with 500. `'cut'`: lost on the way
 * there. `'late'`: seems lost, and arrives after all. `'partial'`: half of a batch. `'older'`: an answer
 * of a while ago.
 */
export type Fault =
  | 'conflict'
  | 'throttled'
  | 'exhausted'
  | 'in-progress'
  | 'lost'
  | 'server-error'
  | 'cut'
  | 'late'
  | 'partial'
  | 'older'

const TRANSACTION = ['TransactWriteItems']
const BATCHES = ['BatchGetItem', 'BatchWriteItem']
const OLD = ['GetItem', 'Query']
const ANY = [...TRANSACTION, ...BATCHES, ...OLD, 'PutItem']

const MET_BY: Readonly<Record<Fault, readonly string[]>> = {
  conflict: [...TRANSACTION, 'PutItem'],
  throttled: ANY,
  exhausted: ANY,
  'in-progress': TRANSACTION,
  lost: ANY,
  'server-error': ANY,
  cut: ANY,
  // Of other writes a late one may undo a newer one: nobody who sends twice is safe from that.
  late: TRANSACTION,
  partial: BATCHES,
  older: OLD,
}

/** Whether a command can meet the fault. A batch of one cannot be done in part. */
export function isFault(
  fault: Fault,
  name: string,
  input: { readonly ConsistentRead?: boolean; readonly RequestItems?: object },
): boolean {
  if (!MET_BY[fault].includes(name)) return false
  if (fault === 'older') return input.ConsistentRead !== true
  if (fault !== 'partial') return true
  const [batch = []] = Object.values(input.RequestItems ?? {}) as (
    | readonly unknown[]
    | { readonly Keys: readonly unknown[] }
  )[]
  return ('Keys' in batch ? batch.Keys : batch).length > 1
}

/** What the SDK throws then. */
export function faultError(fault: Fault, input: object): Error {
  const steps = (input as { readonly TransactItems?: readonly object[] }).TransactItems
  const refused = { message: fault, $metadata: { httpStatusCode: 400, attempts: 1 } }
  const cancelled = (Code: string): Error => {
    const struck = Math.floor(Math.random() * (steps?.length ?? 1))
    return new TransactionCanceledException({
      ...refused,
      CancellationReasons: steps?.map((_, at) => ({ Code: at === struck ? Code : 'None' })) ?? [],
    })
  }
  switch (fault) {
    case 'conflict':
      return steps ? cancelled('TransactionConflict') : new TransactionConflictException(refused)
    case 'throttled':
      return new ThrottlingException(refused)
    case 'exhausted':
      return steps
        ? cancelled('ThrottlingError')
        : new ProvisionedThroughputExceededException(refused)
    case 'in-progress':
      return new TransactionInProgressException({ ...refused, Message: fault })
    case 'server-error':
      return new InternalServerError({ message: fault, $metadata: { httpStatusCode: 500 } })
    default:
      return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
  }
}
