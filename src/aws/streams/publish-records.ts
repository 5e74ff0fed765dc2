import { StoreError } from '../../store/errors.ts'
import type { Parcel, Target } from '../send/deliver.ts'

/** What Lambda is told: from which record on it is to try again. */
export interface StreamBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[]
}

/** Is told of every failure, without anything that is in a record. */
export type StreamLog = (message: string, details: Readonly<Record<string, unknown>>) => unknown

export interface Publication<Record> {
  readonly targets: readonly Target[]
  /** What a record has to say. Throws where nobody can tell. */
  readonly parcelOf: (record: Record) => Parcel | undefined
  readonly sequenceNumberOf: (record: Record) => string | undefined
  readonly reportBatchItemFailures: boolean
  readonly log: StreamLog
}

/** Something that failed, and from which record on nothing more was sent to its target. */
interface Problem {
  readonly index: number
  readonly message: string
  readonly reason: unknown
}

export const writeToConsole: StreamLog = (message, details) => console.error(message, details)

/**
 * Sends what the records of a stream say to all targets. Where one fails, no later one is sent to that
 * target: Lambda reads the stream again from the first that failed anywhere, so that none is left out.
 */
export async function publishRecords<Record>(
  records: readonly Record[],
  publication: Publication<Record>,
): Promise<StreamBatchResponse> {
  const { targets, sequenceNumberOf, reportBatchItemFailures, log } = publication
  const { parcels, indexes, problem } = unpack(records, publication)
  const problems = await Promise.all(targets.map((target) => send(target, parcels, indexes)))
  const found = [...problems, problem].filter((one) => one !== undefined)
  const [first] = found.toSorted((a, b) => a.index - b.index)
  if (!first) return { batchItemFailures: [] }
  const numberOf = ({ index }: Problem): string => sequenceNumberOf(records[index]!) ?? ''
  for (const one of found) {
    const error = one.reason instanceof Error ? one.reason.message : 'an unknown error'
    log(one.message, { sequenceNumber: numberOf(one), error })
  }
  // Lambda takes a missing number for the whole batch.
  if (reportBatchItemFailures) return { batchItemFailures: [{ itemIdentifier: numberOf(first) }] }
  const { message } = first.reason instanceof Error ? first.reason : { message: '' }
  throw new StoreError(
    'driver',
    `${first.message} from the stream record ${numberOf(first)} on: ${message}`,
    { cause: first.reason, retryable: true, outcome: 'unknown' },
  )
}

/** The parcels up to the first record that cannot be read. */
function unpack<Record>(
  records: readonly Record[],
  { parcelOf }: Publication<Record>,
): { parcels: Parcel[]; indexes: number[]; problem?: Problem } {
  const parcels: Parcel[] = []
  const indexes: number[] = []
  for (const [index, record] of records.entries()) {
    try {
      const parcel = parcelOf(record)
      if (!parcel) continue
      parcels.push(parcel)
      indexes.push(index)
    } catch (reason) {
      return { parcels, indexes, problem: { index, message: 'Unreadable record', reason } }
    }
  }
  return { parcels, indexes }
}

async function send(
  target: Target,
  parcels: readonly Parcel[],
  indexes: readonly number[],
): Promise<Problem | undefined> {
  const outcomes = await target.deliver(parcels, {
    keyOf: ({ group }) => (target.isOrdered ? group : undefined),
    afterFailure: 'stop',
  })
  const first = outcomes.findIndex((outcome) => outcome?.status !== 'fulfilled')
  const index = indexes[first]
  if (index === undefined) return undefined
  const failed = outcomes.filter((outcome) => outcome?.status === 'rejected').length
  const outcome = outcomes[first]
  return {
    index,
    message: `${failed} failed entries for ${target.name}`,
    reason: outcome?.status === 'rejected' ? outcome.reason : undefined,
  }
}
