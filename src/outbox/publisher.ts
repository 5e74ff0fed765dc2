import { isObject, refuse } from '../store/check-value.ts'
import type { OutboxRecord } from '../store/outbox.ts'

/**
 * A message to the outside, as a publisher gets it. It may come again, for instance after a crash: a
 * receiver that remembers `id`, or the newest `event.position` of each order key, drops what it knows.
 */
export type OutboxMessage = Omit<OutboxRecord, 'cursor'>

/** What became of one message. What `Promise.allSettled` gives fits. */
export type PublishOutcome =
  | { readonly status: 'fulfilled' }
  | { readonly status: 'rejected'; readonly reason: unknown }

/**
 * Where messages go: a queue, a bus, a web hook.
 *
 * ```ts
 * import type { OutboxMessage, Publisher } from 'eventfold'
 *
 * const send = async (message: OutboxMessage) => console.log(message.type, message.data)
 * const publisher: Publisher = {
 *   publish: (messages) => Promise.allSettled(messages.map(send)),
 * }
 * ```
 */
export interface Publisher {
  /**
   * Sends messages, in commit order, and answers for each of them, in their order. Where it throws, or
   * gives another number of answers, all of them count as failed. A message that failed is sent again.
   *
   * The relay waits for the answer, however long it takes, and so does its `close`: give what you call a
   * timeout, such as `AbortSignal.timeout(5000)`, and do not await `close` in here.
   */
  readonly publish: (messages: readonly OutboxMessage[]) => Promise<readonly PublishOutcome[]>
  /**
   * Promises that within one call no message is sent after one of its own order key has failed. Then a
   * call gets several messages of one order key; otherwise it gets at most one. Default is `false`.
   */
  readonly keepsOrder?: boolean | undefined
}

/** Asks the publisher, and answers for every message whatever it does. */
export async function publishAll(
  publisher: Publisher,
  records: readonly OutboxRecord[],
): Promise<readonly PublishOutcome[]> {
  try {
    const outcomes: unknown = await publisher.publish(records.map(messageOf))
    checkOutcomes(outcomes, records.length)
    return outcomes
  } catch (reason) {
    return records.map(() => ({ status: 'rejected', reason }))
  }
}

export function messageOf(record: OutboxRecord): OutboxMessage {
  const { cursor: _cursor, ...message } = record
  return message
}

function checkOutcomes(
  outcomes: unknown,
  count: number,
): asserts outcomes is readonly PublishOutcome[] {
  if (!Array.isArray(outcomes) || outcomes.length !== count) {
    refuse(['the answer of publish'], `a list of ${count}, one for each message`, outcomes)
  }
  for (let at = 0; at < count; at += 1) {
    const outcome: unknown = outcomes[at]
    if (!isObject(outcome) || !['fulfilled', 'rejected'].includes(String(outcome['status']))) {
      const expected = `{ status: 'fulfilled' } or { status: 'rejected', reason }`
      refuse(['the answer of publish', at], expected, outcome)
    }
  }
}
