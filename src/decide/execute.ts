import type { Client } from '../client/client.ts'
import type { Fold } from '../client/fold.ts'
import { backOff } from '../client/resend.ts'
import type { EventShape, NewEvent } from '../event/event.ts'
import { throwIfAborted } from '../store/check-read.ts'
import { checkStreams } from '../store/check-streams.ts'
import type { Idempotency } from '../store/commit.ts'
import { refuse } from '../store/check-value.ts'
import { isEventfoldError, RejectedError } from '../store/errors.ts'
import { canonicalJson } from '../store/json.ts'
import type { Decided, DecisionResult, ExecuteOptions } from './decision.ts'
import { takeTurn } from './queue.ts'
import { isRejection } from './reject.ts'

/** A decision whose types have been checked at its definition; here every event is just an event. */
export interface Rule<Command, State> {
  /** `'all'` stands for any streams: it is the one type that every client reads. */
  readonly streams: (command: Command) => 'all'
  readonly fold: Fold<State, Command>
  readonly decide: (
    command: Command,
    state: State,
  ) => Decided<EventShape> | Promise<Decided<EventShape>>
}

type Result<State> = DecisionResult<EventShape, State>

/** Runs a rule until what it decided is stored, or it says no, or its attempts are used up. */
export async function executeRule<Command, State>(
  rule: Rule<Command, State>,
  client: Client<EventShape>,
  command: Command,
  { attempts: most = 20, idempotencyKey, signal }: ExecuteOptions,
): Promise<Result<State>> {
  if (!Number.isSafeInteger(most) || most < 1) refuse(['attempts'], 'a whole number from 1', most)
  const streams = rule.streams(command)
  checkStreams(streams, 'condition')
  throwIfAborted(signal, 'the decision')
  const idempotency = idempotencyOf(idempotencyKey, command)

  return takeTurn(client.store, streams, signal, async (deciding) => {
    for (let attempts = 1; ; attempts += 1) {
      const { events, cursor, replayed } = await client.load({ streams, idempotency, signal })
      const state = rule.fold.add(rule.fold.start(command), events)
      if (replayed) return { events: replayed.events, state, cursor, replayed: true, attempts: 0 }
      const decided = eventsOf(await deciding(() => rule.decide(command, state)))
      if (decided.length === 0) return { events: [], state, cursor, replayed: false, attempts }
      const conditions = [{ streams, after: cursor }]
      try {
        const commit = { events: decided, conditions, idempotency }
        const committed = await client.commit(commit, { signal })
        return {
          events: committed.events,
          state: rule.fold.add(state, committed.events),
          cursor: committed.cursor ?? cursor,
          replayed: committed.replayed,
          attempts,
        }
      } catch (error) {
        if (attempts >= most || !isEventfoldError(error, 'CONFLICT')) throw error
      }
      await backOff(attempts, signal)
    }
  })
}

export function idempotencyOf(key: string | undefined, command: unknown): Idempotency | undefined {
  if (key === undefined) return undefined
  try {
    return { key, fingerprint: canonicalJson(command ?? null) }
  } catch {
    return refuse(['command'], 'JSON for its idempotency key', command)
  }
}

export function eventsOf(decided: Decided<EventShape>): readonly NewEvent[] {
  if (decided === null || typeof decided !== 'object') {
    refuse(['decide'], 'events, [] or reject(reason)', decided)
  }
  if (isRejection(decided)) throw new RejectedError(decided.rejected, decided.details)
  return [decided as NewEvent].flat()
}
