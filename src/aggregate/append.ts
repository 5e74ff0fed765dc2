import { readAll } from '../client/read-events.ts'
import { backOff, resend } from '../client/resend.ts'
import { takeTurn, type Deciding } from '../decide/queue.ts'
import { throwIfAborted } from '../store/check-read.ts'
import { refuse } from '../store/check-value.ts'
import type { Committed, Idempotency } from '../store/commit.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { Streams } from '../store/stream.ts'
import { find, findQuickly, withPast, type Found, type Home, type Kind } from './stored.ts'
import type { Writable } from './writable.ts'
import { prepare, write, type Appended, type Prepared } from './write.ts'

/** How often an append is tried at most, when others keep changing the aggregate. */
export const MOST_ATTEMPTS = 20

/** What is to be appended to an aggregate, and how. */
export interface Request<State> {
  /** The events; `undefined` where nothing is to be written in this state. */
  readonly decide: (
    found: Found<State>,
    deciding: Deciding,
  ) => Promise<Writable | undefined> | Writable | undefined
  /** Default is the quick way first, and from then on the certain one. */
  readonly find?: () => Promise<Found<State>>
  readonly attempts?: number | undefined
  /** The key by which the append is known again, before it is decided. */
  readonly idempotency?: Idempotency | undefined
  readonly signal?: AbortSignal | undefined
}

export function checkAttempts(attempts: number): void {
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    refuse(['attempts'], 'a whole number from 1', attempts)
  }
}

/** Finds, decides, runs the rules and writes; on conflict again, after a random, growing pause. */
export async function append<State>(
  kind: Kind<State>,
  id: string,
  request: Request<State>,
): Promise<Appended<State>> {
  const { attempts: most = MOST_ATTEMPTS, idempotency, signal } = request
  checkAttempts(most)
  throwIfAborted(signal, 'the append')
  return takeTurn(kind.store, streamsOf(kind, id), signal, async (deciding) => {
    const known = idempotency && (await answerToKey(kind, id, idempotency, signal))
    if (known) return answeredBefore(kind, id, known)
    if (!request.find) {
      const found = await findQuickly(kind, id, signal)
      const appended = await attempt(kind, id, request, found, deciding)
      if (appended) return appended
    }
    for (let attempts = 1; ; attempts += 1) {
      const found = await (request.find?.() ?? find(kind, id, signal))
      const appended = await attempt(kind, id, request, found, deciding, attempts >= most)
      if (appended) return appended
      await backOff(attempts, signal)
    }
  })
}

/** `undefined` where it is to be tried again. */
async function attempt<State>(
  kind: Kind<State>,
  id: string,
  request: Request<State>,
  found: Found<State>,
  deciding: Deciding,
  isLast = false,
): Promise<Appended<State> | undefined> {
  const { idempotency, signal } = request
  let writable: Writable | undefined
  let prepared: Prepared<State> | undefined
  let failure: { readonly error: unknown } | undefined
  try {
    writable = await request.decide(found, deciding)
    if (writable) {
      const base = await withPast(kind, id, found, signal)
      prepared = await prepare(kind, id, base, writable.events, idempotency)
    }
  } catch (error) {
    failure = { error }
  }
  if (!prepared) {
    // What is said of a snapshot that may be out of date does not count.
    if (!found.isCertain) return undefined
    const answer = await answered(kind, id, request, writable)
    if (answer) return answeredBefore(kind, id, answer)
    if (failure) throw failure.error
    return unchanged(kind, id, found)
  }
  try {
    const { committed, ...appended } = await write(kind, prepared, signal)
    const isRepeated = committed.replayed && (idempotency !== undefined || writable?.isKnown)
    return isRepeated ? answeredBefore(kind, id, committed) : appended
  } catch (error) {
    if (isLast || !isEventfoldError(error, 'CONFLICT')) throw error
    return undefined
  }
}

/** The answer that the key or the ids already have, also where the rules would now say no. */
async function answered(
  kind: Home,
  id: string,
  { idempotency, signal }: Pick<Request<unknown>, 'idempotency' | 'signal'>,
  writable: Writable | undefined,
): Promise<Committed | undefined> {
  if (idempotency) return answerToKey(kind, id, idempotency, signal)
  const eventId = writable?.isKnown ? writable.events[0]?.id : undefined
  if (eventId === undefined) return undefined
  const { store } = kind
  const one = async () =>
    Array.fromAsync(store.read(streamsOf(kind, id), { after: { eventId }, limit: 1 }))
  try {
    await resend(one, { signal })
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT')) return undefined
    throw error
  }
  const aggregate = { type: kind.type, id }
  const events = writable?.events.map((event) => ({ ...event, aggregate }))
  return resend(() => store.commit({ events }, { signal }), { signal })
}

async function answerToKey(
  kind: Home,
  id: string,
  idempotency: Idempotency,
  signal: AbortSignal | undefined,
): Promise<Committed | undefined> {
  const none = { fromVersion: Number.MAX_SAFE_INTEGER, idempotency, signal }
  return (await resend(() => kind.store.load(streamsOf(kind, id), none), { signal })).replayed
}

async function answeredBefore<State>(
  kind: Kind<State>,
  id: string,
  { events }: Committed,
): Promise<Appended<State>> {
  const found = await find(kind, id)
  const appended = { ...unchanged(kind, id, found), events: await readAll(kind.read, events) }
  return { ...appended, replayed: true }
}

function unchanged<State>(kind: Kind<State>, id: string, found: Found<State>): Appended<State> {
  const { state, sequence } = found
  const ref = { type: kind.type, id }
  return { ref, state, sequence, events: [], newOutboundEvents: [], replayed: false }
}

function streamsOf({ type }: Home, id: string): Streams {
  return [{ aggregate: { type, id } }]
}
