import { defineEvents, type EventUnion } from 'eventfold'
import { z } from 'zod'

const cents = z.number().int()
const email = z.email()

const definitions = {
  ACCOUNT_OPENED: z.object({ email }),
  EMAIL_CHANGED: z.object({ email }),
  BALANCE_CHANGED: z.object({ amount: cents, text: z.string() }),
  CARD_ISSUED: z.object({ accountId: z.string(), limit: cents.positive() }),
  CARD_USED: z.object({ shop: z.string(), amount: cents.positive() }),
  CARD_BLOCKED: z.object({ reason: z.string() }),
}

/** Everything that can happen at this bank. Amounts are in cents. */
export const events = defineEvents(definitions)
export type BankEvent = EventUnion<typeof definitions>
