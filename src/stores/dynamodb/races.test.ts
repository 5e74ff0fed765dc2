import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { isEventfoldError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import { dynamodbEndpoint } from './engine.fixture.ts'
import { faultsOf } from './table-check.fixture.ts'
import { openWriters, type Writers } from './writers.fixture.ts'

const added = (cartId: string, more: object = {}) => ({
  type: 'ITEM_ADDED',
  data: { cartId, ...more },
})
const cart = (cartId: string) => ({ filter: { cartId } })

async function isAccepted(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent
    return true
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT')) return false
    throw error
  }
}

/** Hours by which the clocks of the processes are wrong. */
const HOURS = [0, 5, -5, 0.00001]

test('two decisions that each read what the other writes: at most one is accepted', async () => {
  await using log = await openWriters()
  const stores = HOURS.map((hours) => log.open({ now: () => Date.now() + hours * 3_600_000 }))
  let wins = 0
  for (let round = 0; round < 25; round += 1) {
    const [one, two] = [`one_${round}`, `two_${round}`]
    const streams = [cart(one), cart(two)]
    const loaded = await Promise.all(stores.map((store) => store.load(streams)))
    const won = await Promise.all(
      stores.map((store, index) => {
        const after = round % 2 === 0 ? undefined : loaded[index]?.cursor
        return isAccepted(
          store.commit({
            events: [added(index % 2 === 0 ? one : two, { index })],
            conditions: [{ streams, after }],
          }),
        )
      }),
    )
    expect(won.filter(Boolean).length).toBeLessThanOrEqual(1)
    wins += won.filter(Boolean).length
  }
  expect(wins).toBe(25)
  expect(faultsOf(await log.items())).toEqual([])
})

test('30 writers on one aggregate and one key all get through', async () => {
  await using log = await openWriters()
  const aggregate = { type: 'wallet', id: '1' }
  const stores = Array.from({ length: 30 }, (_, index) =>
    log.open({ now: () => Date.now() + (HOURS[index % HOURS.length] ?? 0) * 3_600_000 }),
  )
  await Promise.all(
    stores.map(async (store, writer) => {
      for (let n = 0; n < 3; n += 1) {
        await store.commit({ events: [{ ...added('1', { writer, n }), aggregate }] })
      }
    }),
  )
  const { events } = await log.open().load([{ aggregate }])
  expect(events.map((event) => event.aggregate?.version)).toEqual(events.map((_, n) => n + 1))
  expect(events.length).toBe(90)
  expect(faultsOf(await log.items())).toEqual([])
})

test('who follows a cursor sees each event once and in order, whatever the clocks say', async () => {
  await using log = await openWriters()
  const stores = HOURS.map((hours) => log.open({ now: () => Date.now() + hours * 3_600_000 }))
  const streams = [cart('1'), cart('2')]
  const reader = log.open()
  const seen: string[] = []
  let cursor: string | undefined
  const follow = async (): Promise<void> => {
    const loaded = await reader.load(streams, { after: cursor })
    seen.push(...loaded.events.map(({ id }) => id))
    cursor = loaded.cursor
  }
  let isDone = false
  const written = Promise.all(
    stores.map(async (store, writer) => {
      const ids: string[] = []
      for (let n = 0; n < 15; n += 1) {
        const cartId = n % 3 === 0 ? '2' : '1'
        const { events } = await store.commit({ events: [added(cartId, { writer, n })] })
        ids.push(...events.map(({ id }) => id))
      }
      return ids
    }),
  ).finally(() => (isDone = true))
  while (!isDone) await follow()
  await follow()
  expect(seen.toSorted()).toEqual((await written).flat().toSorted())
  for (const stream of streams) {
    const { events } = await reader.load([stream])
    const order = events.map(({ id }) => id)
    expect(seen.filter((id) => order.includes(id))).toEqual(order)
    const positions = events.map(({ position }) => position)
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b))
  }
})

interface Started {
  readonly kill: () => void
  readonly began: Promise<unknown>
  /** What it said, whether or not it was killed. */
  readonly said: Promise<readonly string[]>
}

function start(log: Writers, name: string, rounds: number, hours: number): Started {
  const script = join(import.meta.dirname, 'processes.fixture.ts')
  const args = [dynamodbEndpoint(), log.tableName, name, String(rounds), String(hours)]
  const child = spawn(process.execPath, ['--conditions=eventfold-source', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  const said = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
    ([output, errors, code]) => {
      if (code !== 0 && code !== null) throw new Error(errors)
      // A line that was cut off says nothing.
      return output.split('\n').slice(0, -1)
    },
  )
  return {
    kill: () => child.kill('SIGKILL'),
    began: Promise.race([once(child.stdout, 'data'), ended]),
    said,
  }
}

/** All that must hold of a table that processes wrote, given what was acknowledged. */
async function expectWhole(log: Writers, said: readonly (readonly string[])[]): Promise<void> {
  expect(faultsOf(await log.items())).toEqual([])
  const store: EventStore = log.open()
  const balances = ['0', '1', '2', '3'].map(() => 100)
  const ids = balances.map((_, index) => `${index}`)
  const { events } = await store.load([
    { filter: { fromId: { in: ids } } },
    { filter: { toId: { in: ids } } },
  ])
  for (const [account, id] of ids.entries()) {
    // Each account has an order of its own: what was seen before each payment must be what was there.
    const own = await store.load([{ filter: { fromId: id } }, { filter: { toId: id } }])
    for (const { data } of own.events) {
      const moved = data as { fromId: string; toId: string; amount: number }
      balances[account] = (balances[account] ?? 0) + (moved.toId === id ? 1 : -1) * moved.amount
    }
    expect(balances[account]).toBeGreaterThanOrEqual(0)
  }
  expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(400)
  const acknowledged = said.flat().filter((line) => line.startsWith('moved ')).length
  expect(events.length).toBeGreaterThanOrEqual(acknowledged)
  for (const lines of said) {
    const noted = lines.filter((line) => line.startsWith('noted '))
    const [, writerId = ''] = (noted[0] ?? '').split(' ')
    if (!writerId) continue
    const { events: notes } = await store.load([{ filter: { writerId } }])
    expect(notes.length).toBeGreaterThanOrEqual(4 * noted.length)
  }
}

test('four processes with other clocks lose, tear and double nothing', async () => {
  await using log = await openWriters()
  const started = HOURS.map((hours, index) => start(log, `writer_${index}`, 10, hours))
  const said = await Promise.all(started.map((each) => each.said))
  const noted = said.flat().filter((line) => line.startsWith('noted '))
  expect(noted.length).toBe(40)
  await expectWhole(log, said)
  const { events } = await log.open().load([{ aggregate: { type: 'wallet', id: 'shared' } }])
  expect(events.length).toBe(40)
}, 180_000)

test('what was acknowledged is there, and whole, when writers are killed at any moment', async () => {
  await using log = await openWriters()
  const said: (readonly string[])[] = []
  await Promise.all(
    HOURS.map(async (hours, index) => {
      for (let life = 0; life < 3; life += 1) {
        const writer = start(log, `writer_${index}_${life}`, 1000, hours)
        await writer.began
        await new Promise((resolve) => {
          setTimeout(resolve, Math.random() * 500)
        })
        writer.kill()
        said.push(await writer.said)
      }
    }),
  )
  expect(said.flat().length).toBeGreaterThan(0)
  await expectWhole(log, said)
}, 180_000)
