import { defineProjection } from 'eventfold'
import { events } from './events.ts'

/** The events of aggregates are events like all others: this folds those of all accounts. */
export const bank = defineProjection(events, {
  type: 'BANK',
  streams: () => [{ types: ['BALANCE_CHANGED'] }],
  initialState: 0,
  evolve: { BALANCE_CHANGED: (total, { data }) => total + data.amount },
})
