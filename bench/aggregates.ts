import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { Aggregate, createEvent, Processor, type Cursor, type EventStore } from 'eventfold'
import { fromPg, migrate, openPostgres } from 'eventfold/postgres'
import { openSqlite } from 'eventfold/sqlite'
import { Pool } from 'pg'
import { startServer } from '../src/stores/postgres/own-server.fixture.ts'
import { inTurns, type Measured } from './measure.ts'
import { printFigures, type Figure } from './print.ts'
import { cartIdOf, randomNumbers, sampleEvent } from './sample.ts'

const ROUNDS = 5
const CALLERS = 64
const APPENDS = 400
const LONG = 10_000
const SHORT = 10

interface Cart {
  quantity: number
  products: number
}
type Added = ReturnType<typeof sampleEvent>['data']

const processor = new Processor<Cart, Added>(
  new Map(
    ['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'CART_CHECKED_OUT'].map((type) => [
      type,
      ({ state, current }) => ({
        quantity: state.quantity + Number(current['quantity']),
        products: state.products + 1,
      }),
    ]),
  ),
  () => ({ quantity: 0, products: 0 }),
)

/** What snapshots, index entries and rules cost, on each database. */
export async function benchAggregates(folder: string, names: readonly string[]): Promise<void> {
  const databases: Readonly<Record<string, () => Promise<void>>> = {
    sqlite: async () => {
      const own = mkdtempSync(join(folder, 'aggregates-'))
      const stores = ['lengths', 'plain', 'aggregates', 'one'].map((name) =>
        openSqlite(join(own, `${name}.db`)),
      )
      await print('Aggregates on SQLite, FULL sync', stores)
    },
    postgres: async () => {
      await using server = await startServer({ settings: { shared_buffers: '1GB' } })
      const pool = new Pool({ connectionString: server.url, max: 8 })
      pool.on('error', () => {})
      const stores: EventStore[] = []
      for (const schema of ['lengths', 'plain', 'aggregates', 'one']) {
        const tables = {
          events: { schema, name: 'events' },
          projections: { schema, name: 'projections' },
        }
        await migrate(pool, tables)
        stores.push(openPostgres({ pool: fromPg(pool), tables }))
      }
      await print('Aggregates on PostgreSQL through pg, fsync on', stores)
      await pool.end()
    },
  }
  for (const name of names.length > 0 ? names : Object.keys(databases)) {
    const run = databases[name]
    if (!run) throw new Error(`no ${name}: use one of ${Object.keys(databases).join(', ')}`)
    await run()
  }
}

async function print(title: string, stores: readonly EventStore[]): Promise<void> {
  const [forLengths, forPlain, forMany, forOne] = stores as [
    EventStore,
    EventStore,
    EventStore,
    EventStore,
  ]
  const figures = [...(await lengths(forLengths)), ...(await callers(forPlain, forMany))]
  printFigures(title, figures)
  console.log(`\n  ${await oneAggregate(forOne)}`)
  for (const store of stores) await store.close()
}

/** One append after another, to an aggregate with a long history and to others with a short one. */
async function lengths(store: EventStore): Promise<Figure[]> {
  const random = randomNumbers(7)
  const carts = new Aggregate({ type: 'cart', store, processor })
  const sample = () => sampleEvent(random)
  for (let done = 0; done < LONG; done += 1_000) {
    await carts.append('long', ...Array.from({ length: 1_000 }, sample))
  }
  for (let cart = 0; cart < APPENDS; cart += 1) {
    await carts.append(cartIdOf(cart), ...Array.from({ length: SHORT }, sample))
  }
  const run = async (idOf: (done: number) => string): Promise<number> => {
    for (let done = 0; done < APPENDS; done += 1) await carts.append(idOf(done), sample())
    return APPENDS
  }
  const [short, long] = (await inTurns(
    [
      { name: `append to one of ${SHORT} events`, run: () => run(cartIdOf) },
      { name: `append to one of ${LONG} events`, run: () => run(() => 'long') },
    ],
    ROUNDS,
  )) as [Measured, Measured]
  const what = `an aggregate of ${LONG} / one of ${SHORT}`
  return [{ what, over: long, under: short, atLeast: 0.77 }]
}

/** Many callers, each with aggregates of its own, beside plain conditional appends. */
async function callers(forPlain: EventStore, forMany: EventStore): Promise<Figure[]> {
  const random = randomNumbers(7)
  const carts = new Aggregate({ type: 'cart', store: forMany, processor })
  const cursors = new Map<string, Cursor>()
  const together = async (append: (cartId: string) => Promise<void>): Promise<number> => {
    const caller = async (number: number): Promise<void> => {
      for (let done = 0; done < APPENDS; done += 8) {
        await append(cartIdOf(CALLERS * random(8) + number))
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)))
    return CALLERS * Math.ceil(APPENDS / 8)
  }
  const plain = async (cartId: string): Promise<void> => {
    const event = sampleEvent(random, Number(cartId.slice(5)))
    const conditions = [{ streams: [{ filter: { cartId } }], after: cursors.get(cartId) }]
    const { cursor } = await forPlain.commit({ events: [event], conditions })
    if (cursor !== undefined) cursors.set(cartId, cursor)
  }
  const [appends, aggregates] = (await inTurns(
    [
      { name: `conditional append, ${CALLERS} callers`, run: () => together(plain) },
      {
        name: `append to distinct aggregates, ${CALLERS} callers`,
        run: () =>
          together(async (cartId) => {
            const { type, data } = sampleEvent(random, Number(cartId.slice(5)))
            await carts.append(cartId, createEvent(type, data))
          }),
      },
    ],
    ROUNDS,
  )) as [Measured, Measured]
  const what = 'distinct aggregates / conditional appends'
  return [{ what, over: aggregates, under: appends, atLeast: 0.8 }]
}

/** Sixteen appends at once: how many succeed. */
async function oneAggregate(store: EventStore): Promise<string> {
  const random = randomNumbers(7)
  const carts = new Aggregate({ type: 'cart', store, processor })
  const append = () => carts.append('hot', sampleEvent(random))
  const settled = await Promise.allSettled(Array.from({ length: 16 }, append))
  const succeeded = settled.filter(({ status }) => status === 'fulfilled').length
  return `16 appends at once to one aggregate: ${succeeded} succeeded`
}
