import { isEventfoldError, type EventRecord } from 'eventfold'
import { euros } from './euros.ts'
import type { WalletEvent } from './events.ts'
import { NotAllowed } from './wallet.ts'

export const title = (text: string): void => console.log(`\n${text}\n${'─'.repeat(text.length)}`)
export const say = (text: string): void => console.log(`  ${text}`)

export const plural = (count: number, one: string): string =>
  `${count} ${one}${count === 1 ? '' : 's'}`

const amountOf = (event: WalletEvent): string =>
  event.eventType === 'Wallet.Rewarded'
    ? plural(event.payload.points, 'point')
    : euros(event.payload.amount)

/** One event in one line. */
export function line(event: WalletEvent): string {
  const { version, eventType, actorId = '' } = event
  const what = eventType.replace('Wallet.', '').toLowerCase()
  return `${String(version).padStart(3)}  ${what.padEnd(10)}${amountOf(event).padStart(11)}  ${actorId}`
}

/** The end of an id: enough to tell ids apart. */
export const brief = (id: EventRecord['eventId'] | string | undefined): string =>
  id === undefined ? '' : `…${id.slice(-6)}`

/** What became of something that may be refused, in one line. */
export async function tell(who: string, work: Promise<number>): Promise<void> {
  try {
    say(`${who.padEnd(24)}stored as version ${await work}`)
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT')) {
      const { expected, actual } = error.conflict
      say(`${who.padEnd(24)}refused: it saw version ${expected}, the wallet is at ${actual}`)
    } else if (isEventfoldError(error, 'IDEMPOTENCY_MISMATCH') || error instanceof NotAllowed) {
      say(`${who.padEnd(24)}refused: ${error.message}`)
    } else {
      throw error
    }
  }
}
