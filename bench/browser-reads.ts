import { openIndexedDB } from '../src/stores/web/indexed-db/index.ts'
import { openRawLog } from './browser-raw.ts'
import { inTurns, type Measured } from './measure.ts'
import { CARTS, cartIdOf, randomNumbers, sampleEvent } from './sample.ts'

const EVENTS = 100_000
const FILLING = 1_000
const ROUNDS = 15
/** Of each round. */
const READS = 100
const OPENINGS = 6

const random = randomNumbers(7)

/** Fills the log and its opponent with the same events. */
export async function fill(): Promise<void> {
  const store = openIndexedDB({ name: 'log', durability: 'relaxed' })
  const raw = await openRawLog('raw-indexed', true)
  for (let done = 0; done < EVENTS; done += FILLING) {
    const events = Array.from({ length: FILLING }, (_, index) =>
      sampleEvent(random, (done + index) % CARTS),
    )
    await Promise.all([raw.put(events, 'relaxed'), store.commit({ events })])
  }
  raw.close()
  await store.close()
}

/** Streams of 100 events, and the first of them after opening. */
export async function reads(): Promise<readonly Measured[]> {
  const store = openIndexedDB({ name: 'log' })
  const raw = await openRawLog('raw-indexed', true)
  const streams = await inTurns(
    [
      {
        name: 'raw getAll of 100',
        run: () => times(READS, async () => expectRows(await raw.getAll(randomCart()))),
      },
      {
        name: 'load of 100',
        run: () => times(READS, async () => expectRows(await loadFrom(store))),
      },
    ],
    ROUNDS,
  )
  raw.close()
  await store.close()
  const openings = await inTurns(
    [
      { name: 'raw open and getAll', run: () => times(OPENINGS, () => firstRead('raw')) },
      { name: 'open and load', run: () => times(OPENINGS, () => firstRead('store')) },
    ],
    ROUNDS,
  )
  return [...streams, ...openings]
}

/** Opens a log, reads 100 events and tells how many seconds that took. */
export async function firstRead(from: 'raw' | 'store'): Promise<number> {
  const start = performance.now()
  if (from === 'raw') {
    const raw = await openRawLog('raw-indexed', true)
    expectRows(await raw.getAll(randomCart()))
    raw.close()
  } else {
    const store = openIndexedDB({ name: 'log' })
    expectRows(await loadFrom(store))
    await store.close()
  }
  return (performance.now() - start) / 1_000
}

async function loadFrom(store: ReturnType<typeof openIndexedDB>): Promise<readonly unknown[]> {
  return (await store.load([{ filter: { cartId: randomCart() } }])).events
}

async function times(count: number, run: () => Promise<unknown>): Promise<number> {
  for (let done = 0; done < count; done += 1) await run()
  return count
}

function randomCart(): string {
  return cartIdOf(random(CARTS))
}

function expectRows(rows: readonly unknown[]): void {
  if (rows.length !== EVENTS / CARTS) throw new Error(`${rows.length} rows were read`)
}
