import { createEventHandler } from 'eventfold'
import { dispatch, type WalletEvent } from './events.ts'

/** A point for each whole euro that is paid in. Old events are called otherwise. */
export const handle = createEventHandler<WalletEvent, 'Wallet.Credited'>({
  'Wallet.Funded': async ({ aggregateId, payload }) => {
    const points = Math.floor(payload.amount / 100)
    if (points > 0) await dispatch.rewarded(aggregateId, points)
  },
  'Wallet.Credited': 'Wallet.Funded',
})
