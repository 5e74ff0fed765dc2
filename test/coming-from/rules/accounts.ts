import {
  Aggregate,
  createEvent,
  defineIndex,
  Processor,
  type EventStore,
  type OutboxRecord,
  type Snapshot,
  type StateUpdater,
} from 'eventfold'

// An application as users of @rooster212/event-sourced-rules-engine write them: payloads as interfaces,
// rules in a map, casts, all type arguments, enums and parameter properties.

export enum AccountEvents {
  OPENED = 'ACCOUNT_OPENED',
  RENAMED = 'OWNER_RENAMED',
  BALANCE_CHANGED = 'BALANCE_CHANGED',
}

export interface Account {
  email: string
  owner?: string
  balance: number
}

interface AccountOpened {
  email: string
}
interface OwnerRenamed {
  owner: string
}
interface BalanceChanged {
  amount: number
}
interface BalanceChangedNotification {
  balance: number
}
interface AccountOverdrawn {
  email: string
}
type Inbound = AccountOpened | OwnerRenamed | BalanceChanged
type Outbound = BalanceChangedNotification | AccountOverdrawn

export const rules = new Map<string, StateUpdater<Account, Inbound, Outbound, Inbound>>()

rules.set(AccountEvents.OPENED, (input) => {
  input.state.email = (input.current as AccountOpened).email
  return input.state
})

rules.set(AccountEvents.RENAMED, ({ state, current }) => ({
  ...state,
  owner: (current as OwnerRenamed).owner,
}))

const changeBalance: StateUpdater<Account, Inbound, Outbound, Inbound> = (input) => {
  const before = input.state.balance
  input.state.balance += (input.current as BalanceChanged).amount
  input.publish('BALANCE_CHANGED', { balance: input.state.balance })
  if (before >= 0 && input.state.balance < 0) {
    input.publish('ACCOUNT_OVERDRAWN', { email: input.state.email })
  }
  return input.state
}
rules.set(AccountEvents.BALANCE_CHANGED, changeBalance)

const byEmail = defineIndex(
  'byEmail',
  (snapshot: Snapshot<Account>) => snapshot.state.email || null,
)

export class AccountService {
  private readonly accounts: Aggregate<Account, Inbound, Outbound>

  constructor(private readonly store: EventStore) {
    const processor = new Processor<Account, Inbound, Outbound>(rules, () => ({
      email: '',
      balance: 0,
    }))
    this.accounts = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT',
      store,
      processor,
      indexes: [byEmail],
    })
  }

  open(id: string, email: string, amount: number) {
    return this.accounts.append(
      id,
      createEvent(AccountEvents.OPENED, { email }),
      createEvent(AccountEvents.BALANCE_CHANGED, { amount }),
    )
  }

  async change(id: string, ...amounts: number[]): Promise<number> {
    const events = amounts.map((amount) => createEvent('BALANCE_CHANGED', { amount }))
    const { state } = await this.accounts.append(id, ...events)
    return state.balance
  }

  async changeSeen(seen: Snapshot<Account>, amount: number): Promise<Snapshot<Account>> {
    const event = createEvent(AccountEvents.BALANCE_CHANGED, { amount })
    return this.accounts.appendTo(seen.ref.id, seen.state, seen.sequence, event)
  }

  rename(id: string, owner: string) {
    return this.accounts.append(
      id,
      createEvent<AccountEvents.RENAMED, OwnerRenamed>(AccountEvents.RENAMED, { owner }),
    )
  }

  async get(id: string): Promise<Account | undefined> {
    const snapshot = await this.accounts.get(id)
    return snapshot?.state
  }

  find(email: string): Promise<Snapshot<Account>[]> {
    return this.accounts.query('byEmail', email)
  }

  async replay(id: string): Promise<{ state: Account; sequence: number; published: string[] }> {
    const { state, sequence, pastOutboundEvents } = await this.accounts.recalculate(id)
    return { state, sequence, published: pastOutboundEvents.map(({ type }) => type) }
  }

  async waiting(): Promise<readonly OutboxRecord[]> {
    return this.store.outbox.read()
  }
}
