import { createEventClient, defineProjection, getEventService } from 'eventfold'
import { initEvents } from 'eventfold/dynamodb'
import { events } from './events.ts'

/**
 * Once per cold start. Region, credentials and endpoint come from the environment. The stream publishes what is
 * in the outbox; a day later DynamoDB deletes it.
 */
export const store = initEvents({
  tableName: process.env['EVENT_TABLE'] ?? '',
  events,
  outboxExpiry: 86_400,
})
export const client = createEventClient({ store, events })

/** What a wallet shows. Saved as a document, with the cursor of what it has seen. */
export const balance = defineProjection(events, {
  type: 'balance',
  streams: (walletId) => [{ aggregate: { type: 'wallet', id: walletId } }],
  initialState: { amount: 0, points: 0 },
  evolve: {
    'Wallet.Funded': (wallet, { data }) => ({ ...wallet, amount: wallet.amount + data.amount }),
    'Wallet.Withdrawn': (wallet, { data }) => ({ ...wallet, amount: wallet.amount - data.amount }),
    'Wallet.Rewarded': (wallet, { data }) => ({ ...wallet, points: wallet.points + data.points }),
  },
})

/** How far a wallet has come: what a decision on it expects. */
export async function versionOf(walletId: string): Promise<number> {
  return (await getEventService().getHead('wallet', walletId))?.currentVersion ?? 0
}
