import { describe, expect, test } from 'vitest'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { Aggregate } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { defineIndex } from './define-index.ts'
import { Processor } from './processor.ts'
import type { StateUpdater } from './rules.ts'

interface Account {
  email: string
  balance: number
}
type Inbound = AccountOpened | BalanceChanged
interface AccountOpened {
  email: string
}
interface BalanceChanged {
  amount: number
}
interface BalanceChangedNotification {
  balance: number
}
type Outbound = BalanceChangedNotification

const rules = new Map<string, StateUpdater<Account, Inbound, Outbound, Inbound>>()
rules.set('ACCOUNT_OPENED', (input) => {
  input.state.email = (input.current as AccountOpened).email
  return input.state
})
rules.set('BALANCE_CHANGED', (input) => {
  input.state.balance += (input.current as BalanceChanged).amount
  input.publish('BALANCE_CHANGED', { balance: input.state.balance })
  return input.state
})

describe('seed', () => {
  test('works', async () => {
    const store = new MemoryEventStore()
    const accounts = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT',
      store,
      processor: new Processor(rules, () => ({ email: '', balance: 0 })),
      indexes: [defineIndex('byEmail', (snapshot) => snapshot.state.email || null)],
    })
    const done = await accounts.append(
      'account-1',
      createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }),
      createEvent('BALANCE_CHANGED', { amount: 50 }),
    )
    expect(done.newOutboundEvents).toEqual([{ type: 'BALANCE_CHANGED', data: { balance: 50 } }])
    const snapshot = await accounts.get('account-1')
    expect(snapshot).toEqual({
      ref: { type: 'ACCOUNT', id: 'account-1' },
      state: { email: 'owner@example.com', balance: 50 },
      sequence: 2,
    })
    expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([snapshot])
    await Promise.all(
      Array.from({ length: 16 }, () =>
        accounts.append('account-1', createEvent('BALANCE_CHANGED', { amount: 1 })),
      ),
    )
    expect((await accounts.get('account-1'))?.state.balance).toBe(66)
    expect(await accounts.recalculate('account-1')).toMatchObject({
      sequence: 18,
      state: { balance: 66 },
    })
    await accounts.append('account-1', createEvent('ACCOUNT_OPENED', { email: 'b' }))
    expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([])
    expect(await accounts.query('byEmail', 'b')).toHaveLength(1)
  })
})
