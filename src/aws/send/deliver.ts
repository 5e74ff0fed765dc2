import type { PublishOutcome } from '../../outbox/publisher.ts'
import { StoreError } from '../../store/errors.ts'

/** Queues and buses take as many entries in one request. */
const MOST_ENTRIES = 10

/** Something to send to a queue or a bus. */
export interface Parcel {
  /** Unlike every other one's: by it FIFO queues know what comes again. */
  readonly id: string
  readonly type: string
  /** Whose messages a FIFO queue keeps in order. */
  readonly group: string
  /** Who says it, where it goes over a bus. */
  readonly source: string
  /** JSON. */
  readonly body: unknown
}

/** A parcel as the service takes it. */
export interface Packed<Entry> {
  readonly entry: Entry
  readonly bytes: number
}

/** A queue or a bus. */
export interface Target {
  /** As errors name it. */
  readonly name: string
  /** Whether what belongs to one group stays in order on it. */
  readonly isOrdered: boolean
  /**
   * Sends in as few requests as the limits allow. No request has two parcels of one key: of its entries a
   * service may take a later one and refuse an earlier one. `undefined` is the outcome of what was not tried.
   */
  readonly deliver: (
    parcels: readonly Parcel[],
    delivery: Delivery,
  ) => Promise<(PublishOutcome | undefined)[]>
}

/** How a queue or a bus is talked to. */
export interface Service<Entry> {
  /** Bytes of all entries of a request. */
  readonly maxBytes: number
  /** Throws where the parcel cannot be sent. */
  readonly pack: (parcel: Parcel) => Promise<Packed<Entry>>
  /** One request. Answers for each entry: what was wrong with it, or nothing. */
  readonly send: (entries: readonly Entry[]) => Promise<readonly (Error | undefined)[]>
}

export interface Delivery {
  /** What must not overtake one another: later ones of a key wait for the answer to earlier ones. */
  readonly keyOf: (parcel: Parcel, index: number) => string | undefined
  /** What is not sent any more after one has failed: the later ones of its key, or all later ones. */
  readonly afterFailure: 'hold its key' | 'stop'
}

const FULFILLED: PublishOutcome = { status: 'fulfilled' }

/** See {@link Target}. */
export async function deliver<Entry>(
  service: Service<Entry>,
  parcels: readonly Parcel[],
  { keyOf, afterFailure }: Delivery,
): Promise<(PublishOutcome | undefined)[]> {
  const outcomes = new Map<number, PublishOutcome>()
  const waiting = new Set(parcels.keys())
  const keys = parcels.map(keyOf)
  const packed = new Map<number, Packed<Entry>>()

  const fail = (failed: number, reason: unknown): void => {
    outcomes.set(failed, { status: 'rejected', reason })
    for (const index of waiting) {
      const isHeld = keys[failed] !== undefined && keys[index] === keys[failed]
      const isAfter = afterFailure === 'stop' && index > failed
      if (index === failed || isHeld || isAfter) waiting.delete(index)
    }
  }

  const pack = async (index: number, parcel: Parcel): Promise<Packed<Entry> | undefined> => {
    try {
      const known = packed.get(index) ?? (await service.pack(parcel))
      packed.set(index, known)
      return known
    } catch (reason) {
      fail(index, reason)
      return undefined
    }
  }

  const nextBatch = async (): Promise<{ indexes: number[]; entries: Entry[] }> => {
    const [indexes, entries]: [number[], Entry[]] = [[], []]
    const taken = new Set<string>()
    let room = service.maxBytes
    for (const index of waiting) {
      if (indexes.length === MOST_ENTRIES) break
      const key = keys[index]
      if (key !== undefined && taken.has(key)) continue
      const parcel = await pack(index, parcels[index]!)
      if (!parcel) continue
      room -= parcel.bytes
      if (room < 0 && indexes.length > 0) break
      if (key !== undefined) taken.add(key)
      indexes.push(index)
      entries.push(parcel.entry)
    }
    return { indexes, entries }
  }

  while (waiting.size > 0) {
    const { indexes, entries } = await nextBatch()
    if (indexes.length === 0) continue
    const faults = await answersOf(service, entries)
    for (const [at, index] of indexes.entries()) {
      packed.delete(index)
      waiting.delete(index)
      if (faults[at] === undefined) outcomes.set(index, FULFILLED)
      else fail(index, faults[at])
    }
  }
  return parcels.map((_, index) => outcomes.get(index))
}

async function answersOf<Entry>(
  service: Service<Entry>,
  entries: readonly Entry[],
): Promise<readonly unknown[]> {
  try {
    return await service.send(entries)
  } catch (reason) {
    return entries.map(() => reason)
  }
}

/** Delivers for a publisher: what was held back has failed with the message before it. */
export async function publishTo(
  target: Target,
  parcels: readonly Parcel[],
  orderKeys: readonly (string | undefined)[],
): Promise<readonly PublishOutcome[]> {
  const outcomes = await target.deliver(parcels, {
    keyOf: (_, index) => orderKeys[index],
    afterFailure: 'hold its key',
  })
  return outcomes.map((outcome) => outcome ?? { status: 'rejected', reason: heldBack(target.name) })
}

function heldBack(target: string): StoreError {
  const message = `Not sent to ${target}: an earlier message of its order key has failed`
  return new StoreError('driver', message, { retryable: true })
}
