import type { EventStore } from 'eventfold'
import { AccountService } from './accounts.ts'

/** Uses the accounts from end to end, as their users do, and tells what came out. */
export async function walkThrough(store: EventStore): Promise<Record<string, unknown>> {
  const service = new AccountService(store)
  const opened = await service.open('account-2', 'owner@example.com', 50)
  const renamed = await service.rename('account-2', 'Owner')
  const balance = await service.change('account-2', 200, -300)
  const late = await service.changeSeen(opened, 1).catch((error: Error) => error.message)
  const [found] = await service.find('owner@example.com')
  const seen = found && (await service.changeSeen(found, 25))
  return {
    opened: opened.newOutboundEvents,
    renamed: renamed.state.owner,
    balance,
    late,
    seen: seen?.sequence,
    account: await service.get('account-2'),
    nobody: await service.get('account-3'),
    replayed: await service.replay('account-2'),
    waiting: (await service.waiting()).map(({ type }) => type),
  }
}
