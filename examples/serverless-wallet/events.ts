import { createDispatch, defineEvents, type DispatchedRecord } from 'eventfold'
import { z } from 'zod'

const money = z.object({ amount: z.number().int().positive() })

/** What can happen to a wallet, and what each fact has to say. Amounts are in cents. */
export const events = defineEvents({
  'Wallet.Funded': money,
  'Wallet.Withdrawn': money,
  'Wallet.Rewarded': z.object({ points: z.number().int().positive() }),
})

export const dispatch = createDispatch(
  {
    funded: (aggregateId: string, amount: number) => ({
      aggregateId,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    withdrawn: (aggregateId: string, amount: number, expectedVersion: number) => ({
      aggregateId,
      eventType: 'Wallet.Withdrawn',
      payload: { amount },
      expectedVersion,
    }),
    /** Once for each cause, however often that is delivered. */
    rewarded: (aggregateId: string, points: number) => ({
      aggregateId,
      eventType: 'Wallet.Rewarded',
      payload: { points },
      idempotencyKey: ({ causationId }) => `reward for ${causationId}`,
    }),
  },
  { aggregateType: 'wallet', source: 'billing' },
)

export type WalletEvent = DispatchedRecord<typeof dispatch>

/** What a message to the bank says. */
export interface Payout {
  readonly walletId: string
  readonly amount: number
  readonly iban: string
}
