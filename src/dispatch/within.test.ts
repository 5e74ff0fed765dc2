import type { PoolClient } from 'pg'
import { expect, test } from 'vitest'
import type { EventStore } from '../store/store.ts'
import { createDispatch } from './create-dispatch.ts'
import { createEventService } from './event-service.ts'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'

const defaults = { aggregateType: 'wallet', source: 'billing' }
const builders = {
  funded: (id: string) => ({
    aggregateId: id,
    eventType: 'Wallet.Funded',
    idempotencyKey: 'cmd_1',
  }),
}

const server = everyStore.find(({ name }) => name === 'postgres')

test.skipIf(!server)('dispatching in a transaction of the caller', async () => {
  await using log = (await server?.open()) as FreshLog
  const service = createEventService({ store: log.store })
  const transaction = (await log.pool?.connect()) as PoolClient
  const dispatch = createDispatch(builders, defaults, {
    service: createEventService({ store: log.store.within?.(transaction) as EventStore }),
  })
  for (const end of ['rollback', 'commit']) {
    await transaction.query('begin')
    expect(await dispatch.funded('wal_1')).toMatchObject({ version: 1 })
    expect(await dispatch.funded('wal_1')).toMatchObject({ version: 1 })
    expect(await service.getHead('wallet', 'wal_1')).toBeUndefined()
    await transaction.query(end)
  }
  transaction.release()
  expect(await service.getHead('wallet', 'wal_1')).toMatchObject({ currentVersion: 1 })
})
