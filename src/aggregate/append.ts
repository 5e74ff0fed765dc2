import { readAll } from '../client/read-events.ts'
import { backOff, resend } from '../client/resend.ts'
import { takeTurn, type Deciding } from '../decide/queue.ts'
import type { NewEvent } from '../event/event.ts'
import { refuse } from '../store/check-value.ts'
import type { Committed, Idempotency } from '../store/commit.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { Streams } from '../store/stream.ts'
import { find, findQuickly, type Found, type Home, type Kind } from './stored.ts'
import { prepare, write, type Appended, type Prepared } from './write.ts'

/** How often an append is tried at most, when others keep changing the aggregate. */
const MOST_ATTEMPTS = 20

/** By what an append is known again. */
interface Repeatable {
  readonly idempotency?: Idempotency | undefined
  /** Events with ids of the caller, who may send them once more. */
  readonly known?: readonly NewEvent[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is to be appended to an aggregate, and how. */
export interface Request<State> extends Repeatable {
  /** The events, with ids; `undefined` where nothing is to be written in this state. */
  readonly decide: (
    found: Found<State>,
    deciding: Deciding,
  ) => Promise<readonly NewEvent[] | undefined>
  /** Default is the quick way first, and from then on the certain one. */
  readonly find?: () => Promise<Found<State>>
  readonly attempts?: number | undefined
}

/** Finds, decides, runs the rules and writes; on conflict again, after a random, growing pause. */
export async function append<State>(
  kind: Kind<State>,
  id: string,
  request: Request<State>,
): Promise<Appended<State>> {
  const { attempts: most = MOST_ATTEMPTS, signal } = request
  if (!Number.isSafeInteger(most) || most < 1) refuse(['attempts'], 'a whole number from 1', most)
  return takeTurn(kind.store, streamsOf(kind, id), signal, async (deciding) => {
    if (!request.find) {
      const appended = await attempt(
        kind,
        id,
        request,
        await findQuickly(kind, id, signal),
        deciding,
      )
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
  const { idempotency, known, signal } = request
  let prepared: Prepared<State> | undefined
  try {
    const events = await request.decide(found, deciding)
    prepared = events && (await prepare(kind, id, found, events, idempotency))
  } catch (error) {
    // What is said of a snapshot that may be out of date does not count.
    if (!found.isCertain) return undefined
    const answer = await answered(kind, id, request)
    if (answer) return answeredBefore(kind, id, answer)
    throw error
  }
  if (!prepared) {
    if (!found.isCertain) return undefined
    const answer = await answered(kind, id, request)
    return answer ? answeredBefore(kind, id, answer) : unchanged(kind, id, found)
  }
  try {
    const { committed, ...appended } = await write(kind, prepared, signal)
    const isRepeated = committed.replayed && (known ?? idempotency) !== undefined
    return isRepeated ? answeredBefore(kind, id, committed) : appended
  } catch (error) {
    if (isLast || !isEventfoldError(error, 'CONFLICT')) throw error
    return undefined
  }
}

/** The answer that the ids or the key already have, also where the rules would now say no. */
async function answered(
  kind: Home,
  id: string,
  { idempotency, known, signal }: Repeatable,
): Promise<Committed | undefined> {
  const { store } = kind
  const streams = streamsOf(kind, id)
  if (idempotency) {
    const none = { fromVersion: Number.MAX_SAFE_INTEGER, idempotency, signal }
    return (await resend(() => store.load(streams, none), { signal })).replayed
  }
  const eventId = known?.[0]?.id
  if (eventId === undefined) return undefined
  try {
    await store.read(streams, { after: { eventId }, limit: 1 })[Symbol.asyncIterator]().next()
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT')) return undefined
    throw error
  }
  const aggregate = { type: kind.type, id }
  return store.commit({ events: known?.map((event) => ({ ...event, aggregate })) }, { signal })
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
