import { StoreError } from '../../store/errors.ts'
import type { Parcel, Target } from '../send/deliver.ts'

/** What Lambda is told: from which record on it is to try again. */
export interface StreamBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[]
}

/** Is told of every failure, without anything that is in a record. */
export type StreamLog = (message: string, details: Readonly<Record<string, unknown>>) => unknown

/** What a record has to say, and where it stands among those of its group. */
export interface RecordParcel extends Parcel {
  readonly position: number
}

export interface Publication<Record> {
  readonly targets: readonly Target[]
  /** What a record has to say. Throws where nobody can tell. */
  readonly parcelOf: (record: Record) => RecordParcel | undefined
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
  const { unpacked, problem } = unpack(records, publication)
  const inOrder = inOrderOfGroups(unpacked)
  const problems = await Promise.all(targets.map((target) => send(target, inOrder)))
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

interface Unpacked {
  readonly parcel: RecordParcel
  /** Of the record. */
  readonly index: number
}

/** The parcels up to the first record that cannot be read. */
function unpack<Record>(
  records: readonly Record[],
  { parcelOf }: Publication<Record>,
): { unpacked: Unpacked[]; problem?: Problem } {
  const unpacked: Unpacked[] = []
  for (const [index, record] of records.entries()) {
    try {
      const parcel = parcelOf(record)
      if (parcel) unpacked.push({ parcel, index })
    } catch (reason) {
      return { unpacked, problem: { index, message: 'Unreadable record', reason } }
    }
  }
  return { unpacked }
}

/**
 * A stream keeps the changes of one item in order. Those of several items in one transaction may come in any:
 * each group keeps its places among the others, and stands in them in its own order. What comes in two
 * batches stays as it came: whether something earlier is still to come, no batch says.
 */
function inOrderOfGroups(unpacked: readonly Unpacked[]): Unpacked[] {
  const groups = Map.groupBy(unpacked, ({ parcel }) => parcel.group)
  const sorted = new Map<string, Iterator<Unpacked>>()
  for (const [group, members] of groups) {
    const inOrder = members.toSorted((a, b) => a.parcel.position - b.parcel.position)
    sorted.set(group, inOrder.values())
  }
  return unpacked.map((one) => sorted.get(one.parcel.group)?.next().value ?? one)
}

async function send(target: Target, unpacked: readonly Unpacked[]): Promise<Problem | undefined> {
  const parcels = unpacked.map(({ parcel }) => parcel)
  const outcomes = await target.deliver(parcels, {
    keyOf: ({ group }) => (target.isOrdered ? group : undefined),
    afterFailure: 'stop',
  })
  const notSent = unpacked.filter((_, at) => outcomes[at]?.status !== 'fulfilled')
  if (notSent.length === 0) return undefined
  const failed = outcomes.filter((outcome) => outcome?.status === 'rejected')
  return {
    index: Math.min(...notSent.map(({ index }) => index)),
    message: `${failed.length} failed entries for ${target.name}`,
    reason: failed[0]?.reason,
  }
}
