import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import type { EventRecord, OutboxMessage } from 'eventfold'
import type { ListenerLog } from 'eventfold/sqs'
import type { Payout } from './events.ts'

export const title = (text: string): void => console.log(`\n${text}\n${'─'.repeat(text.length)}`)
export const say = (text: string): void => console.log(`  ${text}`)

export const euros = (cents: number): string => `${(cents / 100).toFixed(2)} €`

export const plural = (count: number, one: string): string =>
  `${count} ${one}${count === 1 ? '' : 's'}`

/** Whether every event on its way gets a line. */
export const traffic = { isShown: true }
const pass = (text: string): void => {
  if (traffic.isShown) say(text)
}

/** `AGG#wallet#wal_anna` is wal_anna's. */
const walletOf = (group: unknown): string => String(group).split('#').at(-1)!.padEnd(9)

/** What the listener says, a line each. */
export const log: ListenerLog = {
  debug: (message, { group, eventType }) => {
    if (message === 'Handling event') pass(`λ ${walletOf(group)} ${String(eventType)}`)
    else pass(`⏸ ${walletOf(group)} waits behind the one that failed`)
  },
  info: (message, { group }) => pass(`λ ${walletOf(group)} ${message}`),
  error: (_, { group, eventType, error }) =>
    say(
      `✗ ${walletOf(group)} ${String(eventType)} failed: ${(error as Error).message}. It comes again.`,
    ),
}

/** What the bus gets, a line each. */
export function hear({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): void {
  const detail = JSON.parse(Detail) as EventRecord | (OutboxMessage & { readonly data: Payout })
  const what =
    'eventId' in detail
      ? `${detail.aggregateId} ${detail.version}`
      : `${euros(detail.data.amount)} to ${detail.data.iban}`
  pass(`⇢ bus ${Source.padEnd(9)}${DetailType.padEnd(18)}${what}`)
}
