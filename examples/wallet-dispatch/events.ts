import { createDispatch, type DispatchedRecord } from 'eventfold'

const common = { aggregateType: 'wallet', source: 'billing' }

/** What can happen to a wallet. Amounts are in cents. */
export const dispatch = createDispatch(
  {
    funded: (walletId: string, amount: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    /** A decision: on the version that was seen. */
    withdrawn: (walletId: string, amount: number, expectedVersion: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Withdrawn',
      payload: { amount },
      expectedVersion,
    }),
    /** What an event leads to is dispatched once, however often the event is delivered. */
    rewarded: (walletId: string, points: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Rewarded',
      payload: { points },
      idempotencyKey: ({ causationId }) => `reward for ${causationId}`,
    }),
  },
  common,
)

/** A wallet's events, each payload tied to its type. */
export type WalletEvent = DispatchedRecord<typeof dispatch>
