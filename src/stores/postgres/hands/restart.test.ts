import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startServer } from '../server.fixture.ts'
import { everyHand } from './every-hand.fixture.ts'

const PATIENCE = 5000
const CONNECTIONS = 4

test('every pool has all its connections again after the server was restarted', async () => {
  await using server = await startServer({ fsync: false })
  await using stack = new AsyncDisposableStack()
  const pools = everyHand.filter(({ embedded, single }) => !embedded && !single)
  const hands = await Promise.all(
    pools.map(async ({ open }) => stack.use(await open(server.url, CONNECTIONS)).hand),
  )
  const all = Array.from({ length: CONNECTIONS })
  for (const end of [server.stop, server.kill]) {
    // Two are busy, one is in a transaction, one is idle.
    const busy = hands.flatMap((hand) => [
      hand.run({ text: 'select pg_sleep(60)::text' }, PATIENCE),
      hand.run({ text: 'select pg_sleep(60)::text' }, PATIENCE),
      hand.transaction(async (run) => {
        await run({ text: 'select 1' })
        await delay(1500)
        await run({ text: 'select 1' })
      }, PATIENCE),
    ])
    const failed = Promise.allSettled(busy)
    await Promise.all(hands.map((hand) => hand.run({ text: 'select 1' }, PATIENCE)))
    await delay(200)
    await end()
    expect((await failed).map(({ status }) => status)).toEqual(busy.map(() => 'rejected'))
    await server.start()

    for (const [index, hand] of hands.entries()) {
      // Whoever meets a dead connection first may fail, but it is gone then.
      for (let attempt = 0; attempt < CONNECTIONS; attempt += 1) {
        await Promise.allSettled(all.map(() => hand.run({ text: 'select 1' }, PATIENCE)))
      }
      const together = await hand.transaction(async (run) => {
        const inside = await run({ text: 'select pg_backend_pid()::text as pid' })
        const beside = await Promise.all(
          all.slice(1).map(() =>
            hand.transaction(async (other) => {
              await other({ text: 'select pg_sleep(0.1)::text' })
              return await other({ text: 'select pg_backend_pid()::text as pid' })
            }, PATIENCE),
          ),
        )
        return [inside, ...beside].map(([row]) => row?.['pid'])
      }, PATIENCE)
      expect(new Set(together).size, pools[index]?.name).toBe(CONNECTIONS)
    }
  }
})
