import { openIndexedDB } from '../src/stores/web/indexed-db/index.ts'
import { aggregateAppends } from './browser-aggregate.ts'
import { Carts } from './browser-carts.ts'
import { openRawLog, type RawLog } from './browser-raw.ts'
import { inTurns, type Measured } from './measure.ts'
import { randomNumbers, sampleEvent } from './sample.ts'

const ROUNDS = 15
const CALLERS = 64
const BATCH = 100
/** Of each round. */
const APPENDS = 80
const TOGETHER = 960
const IN_BATCHES = 1_000

type Random = (below: number) => number

/** Appends of all kinds, and the same by hand. */
export async function appends(durability: 'strict' | 'relaxed'): Promise<readonly Measured[]> {
  const random = randomNumbers(7)
  const plain = await openRawLog('raw', false)
  const indexed = await openRawLog('raw-indexed', true)
  const store = openIndexedDB({ name: 'log', durability })
  const forAggregates = openIndexedDB({ name: 'aggregates', durability })
  const carts = await Carts.of(store)
  const aggregates = aggregateAppends(forAggregates)
  const puts = (raw: RawLog, count: number, batch: number): Promise<number> =>
    inBatches(count, batch, random, (events) => raw.put(events, durability))
  const singles = await inTurns(
    [
      { name: 'raw put', run: () => puts(plain, APPENDS, 1) },
      { name: 'raw put, indexed', run: () => puts(indexed, APPENDS, 1) },
      { name: 'conditional append, 1 caller', run: () => carts.append(1, APPENDS, random) },
      {
        name: `conditional append, ${CALLERS} callers`,
        run: () => carts.append(CALLERS, TOGETHER, random),
      },
      {
        name: `raw put, indexed, ${CALLERS} a transaction`,
        run: () => puts(indexed, TOGETHER, CALLERS),
      },
      { name: 'append to an aggregate', run: () => aggregates(APPENDS) },
    ],
    ROUNDS,
  )
  const batches = await inTurns(
    [
      {
        name: `raw put, indexed, ${BATCH} a transaction`,
        run: () => puts(indexed, IN_BATCHES, BATCH),
      },
      {
        name: `append, ${BATCH} a commit`,
        run: () => inBatches(IN_BATCHES, BATCH, random, (events) => store.commit({ events })),
      },
    ],
    ROUNDS,
  )
  for (const raw of [plain, indexed]) raw.close()
  for (const each of [store, forAggregates]) await each.close()
  return [...singles, ...batches]
}

async function inBatches(
  count: number,
  batch: number,
  random: Random,
  append: (events: ReturnType<typeof sampleEvent>[]) => Promise<unknown>,
): Promise<number> {
  for (let done = 0; done < count; done += batch) {
    await append(Array.from({ length: batch }, () => sampleEvent(random)))
  }
  return count
}
