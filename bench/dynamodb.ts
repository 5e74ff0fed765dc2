import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Streams } from 'eventfold'
import { createTable, DynamoEventStore } from 'eventfold/dynamodb'
import { costsOf, layoutsOf, type Priced } from '../src/doors/dynamodb/costs.fixture.ts'
import { startEngine } from '../src/stores/dynamodb/dynoxide.fixture.ts'
import { meter, requestsText } from '../src/stores/dynamodb/meter.fixture.ts'
import { openPeer, pull, push } from './dynamodb-peer.ts'
import { inTurns, type Contestant, type Measured } from './measure.ts'
import { printFigures, table, type Figure } from './print.ts'
import { randomNumbers, sampleEvent } from './sample.ts'

const ROUNDS = 5
const CALLERS = 64
/** Of each round. */
const APPENDS = 256
const READS = 50

const given = process.env['DYNAMODB_ENDPOINT']

/**
 * Compares the DynamoDB room with Castore's adapter, and combined commits with others, on one local
 * engine; and measures what operations cost.
 */
export async function benchDynamo(_folder: string, names: readonly string[]): Promise<void> {
  // Each engine ends with this process, and listens for its end.
  process.setMaxListeners(200)
  const title = `DynamoDB, ${given ?? 'local engines in memory'}`
  const parts: Readonly<Record<string, () => Promise<void>>> = {
    costs: printCosts,
    'one-key': () => print(`${title}, ${CALLERS} appends at once on one key`, oneKey),
    appends: () => print(`${title}, appends under two keys`, appends),
    castore: () =>
      print(`${title}, aggregates beside @castore/event-storage-adapter-dynamodb`, aggregates),
  }
  for (const name of names.length > 0 ? names : Object.keys(parts)) {
    const part = parts[name]
    if (!part) throw new Error(`no part ${name}: use one of ${Object.keys(parts).join(', ')}`)
    await part()
  }
}

/** A local DynamoDB with nothing in it. */
class Place {
  readonly #endpoint: string
  readonly #name = `bench-${Math.random().toString(36).slice(2, 10)}`
  #made = 0

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  client(): DynamoDBClient {
    return new DynamoDBClient({
      endpoint: this.#endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
  }

  name(): string {
    this.#made += 1
    return `${this.#name}-${this.#made}`
  }

  /** So many stores on one new table, which have sent their first calls. */
  async stores(count: number, identifiers = ['cartId', 'userId']): Promise<DynamoEventStore[]> {
    const tableName = this.name()
    await createTable({ client: this.client(), tableName })
    return Promise.all(
      Array.from({ length: count }, async () => {
        const client = DynamoDBDocumentClient.from(this.client())
        const store = new DynamoEventStore({ client, tableName, identifiers })
        await store.commit({ events: [{ type: 'OPENED', data: {} }] })
        return store
      }),
    )
  }
}

/** The engines of one part, and the processor time that each contestant's client takes. */
class Bench {
  readonly #engines = new AsyncDisposableStack()
  readonly busy = new Map<string, { count: number; microseconds: number }>()

  async place(): Promise<Place> {
    if (given) return new Place(given)
    return new Place(this.#engines.use(await startEngine()).endpoint)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engines.disposeAsync()
  }

  /**
   * A contestant that has an engine of its own for each round: one becomes slower with each event that
   * it holds.
   */
  async contestant<Opened>(
    name: string,
    open: (place: Place) => Promise<Opened>,
    run: (opened: Opened) => Promise<number>,
  ): Promise<Contestant> {
    const busy = { count: 0, microseconds: 0 }
    this.busy.set(name, busy)
    const rounds: Opened[] = []
    for (let round = 0; round <= ROUNDS; round += 1) rounds.push(await open(await this.place()))
    return {
      name,
      run: async () => {
        const opened = rounds.pop() as Opened
        const start = process.cpuUsage()
        const count = await run(opened)
        const { user, system } = process.cpuUsage(start)
        busy.count += count
        busy.microseconds += user + system
        return count
      },
    }
  }
}

async function print(
  title: string,
  measure: (bench: Bench) => Promise<readonly Figure[]>,
): Promise<void> {
  await using bench = new Bench()
  printFigures(title, await measure(bench))
  console.log()
  table([
    ['processor time of the client', 'µs each'],
    ...[...bench.busy].map(([name, { count, microseconds }]) => [
      name,
      Math.round(microseconds / count).toLocaleString('en'),
    ]),
  ])
}

/** What 64 callers append at once to one key: by one store, by 64 stores, and one after the other. */
async function oneKey(bench: Bench): Promise<Figure[]> {
  const event = { type: 'ITEM_ADDED', data: { cartId: 'hot', product: 'Espresso machine' } }
  const events = Array.from({ length: CALLERS }, () => event)
  const opens = (count: number) => (place: Place) => place.stores(count)
  const [combined, apart, inTurn] = (await inTurns(
    [
      await bench.contestant('one store, combined', opens(1), async ([store]) => {
        for (let done = 0; done < 4; done += 1) {
          await Promise.all(events.map(async () => store?.commit({ events: [event] })))
        }
        return 4 * CALLERS
      }),
      await bench.contestant(
        `${CALLERS} stores, each its own transaction`,
        opens(CALLERS),
        async (stores) => {
          await Promise.all(stores.map((store) => store.commit({ events: [event] })))
          return CALLERS
        },
      ),
      await bench.contestant('one store, one after the other', opens(1), async ([store]) => {
        for (const each of events) await store?.commit({ events: [each] })
        return CALLERS
      }),
    ],
    ROUNDS,
  )) as [Measured, Measured, Measured]
  return [
    { what: 'combined / each its own transaction', over: combined, under: apart, atLeast: 5 },
    { what: 'combined / one after the other', over: combined, under: inTurn },
  ]
}

/** Appends and decisions under two identifiers, with keys of their own. */
async function appends(bench: Bench): Promise<Figure[]> {
  const random = randomNumbers(11)
  const open = async (place: Place) => (await place.stores(1))[0] as DynamoEventStore
  /** Nobody else's keys: decisions that meet are another matter. */
  const eventOf = (cart: number) => {
    const { type, data } = sampleEvent(random, cart)
    return { type, data: { ...data, userId: `user_${cart}` } }
  }
  const append = async (store: DynamoEventStore, cart: number): Promise<void> => {
    await store.commit({ events: [eventOf(cart)] })
  }
  const decide = async (store: DynamoEventStore, cart: number): Promise<void> => {
    const event = eventOf(cart)
    const { cartId, userId } = event.data
    const streams: Streams = [{ filter: { cartId } }, { filter: { userId } }]
    const { cursor } = await store.load(streams)
    await store.commit({ events: [event], conditions: [{ streams, after: cursor }] })
  }
  const by = (callers: number, work: typeof append) => async (store: DynamoEventStore) => {
    let carts = 0
    await Promise.all(
      Array.from({ length: callers }, async () => {
        for (let done = 0; done < APPENDS; done += callers) await work(store, (carts += 1))
      }),
    )
    return APPENDS
  }
  const many = `${CALLERS} callers`
  const [one, some, decision, decisions] = (await inTurns(
    [
      await bench.contestant('append, one caller', open, by(1, append)),
      await bench.contestant(`append, ${many}`, open, by(CALLERS, append)),
      await bench.contestant('decision on two keys, one caller', open, by(1, decide)),
      await bench.contestant(`decision on two keys, ${many}`, open, by(CALLERS, decide)),
    ],
    ROUNDS,
  )) as [Measured, Measured, Measured, Measured]
  return [
    { what: `append: ${many} / one`, over: some, under: one },
    { what: 'one caller: decision / append', over: decision, under: one },
    { what: `${many}: decision / append`, over: decisions, under: some },
  ]
}

/** Events that become the next version of their aggregate, and the reading of one that has 100. */
async function aggregates(bench: Bench): Promise<Figure[]> {
  const random = randomNumbers(13)
  type Add = (id: string, version: number) => Promise<void>
  const ours = async (place: Place) => {
    const [store] = (await place.stores(1, [])) as [DynamoEventStore]
    const add: Add = async (id, version) => {
      const aggregate = { type: 'CART', id }
      const events = [{ ...sampleEvent(random), aggregate }]
      await store.commit({ events, expect: [{ aggregate, version: version - 1 }] })
    }
    return { store, add }
  }
  const theirs = async (place: Place) => {
    const peer = await openPeer(place.client(), place.name())
    const add: Add = (id, version) => push(peer, id, version, sampleEvent(random))
    return { peer, add }
  }
  const hundred = async <Log extends { readonly add: Add }>(log: Log): Promise<Log> => {
    for (let version = 1; version <= 100; version += 1) await log.add('hundred', version)
    return log
  }
  /** Callers who each take one aggregate after another to version 4. */
  const by =
    (callers: number) =>
    async ({ add }: { readonly add: Add }) => {
      await Promise.all(
        Array.from({ length: callers }, async (_, caller) => {
          for (let done = 0; done < APPENDS / callers; done += 4) {
            const id = `cart_${caller}_${done}`
            for (let version = 1; version <= 4; version += 1) await add(id, version)
          }
        }),
      )
      return APPENDS
    }
  const reads = async (read: () => Promise<number>): Promise<number> => {
    for (let done = 0; done < READS; done += 1) {
      if ((await read()) !== 100) throw new Error('not all events were read')
    }
    return READS
  }
  const streams = [{ aggregate: { type: 'CART', id: 'hundred' } }]
  const many = `${CALLERS} callers`
  const [theirOne, ourOne, theirMany, ourMany, theirRead, ourRead] = (await inTurns(
    [
      await bench.contestant('Castore: push, one caller', theirs, by(1)),
      await bench.contestant('append at a version, one caller', ours, by(1)),
      await bench.contestant(`Castore: push, ${many}`, theirs, by(CALLERS)),
      await bench.contestant(`append at a version, ${many}`, ours, by(CALLERS)),
      await bench.contestant(
        'Castore: read of an aggregate of 100 events',
        async (place) => hundred(await theirs(place)),
        ({ peer }) => reads(() => pull(peer, 'hundred')),
      ),
      await bench.contestant(
        'read of an aggregate of 100 events',
        async (place) => hundred(await ours(place)),
        ({ store }) => reads(async () => (await Array.fromAsync(store.read(streams))).length),
      ),
    ],
    ROUNDS,
  )) as [Measured, Measured, Measured, Measured, Measured, Measured]
  return [
    { what: 'append / push, one caller', over: ourOne, under: theirOne },
    { what: `append / push, ${many}`, over: ourMany, under: theirMany },
    { what: 'reading 100 events', over: ourRead, under: theirRead },
  ]
}

/** The table of the room's README. */
async function printCosts(): Promise<void> {
  await using bench = new Bench()
  const place = await bench.place()
  const client = place.client()
  const cost = meter(DynamoDBDocumentClient.from(client))
  const peer = await openPeer(client, place.name())
  const event = sampleEvent(randomNumbers(7))
  const [first, second] = [
    await cost(() => push(peer, 'a', 1, event)),
    await cost(() => push(peer, 'a', 2, event)),
  ]
  for (let version = 3; version <= 100; version += 1) await push(peer, 'a', version, event)
  const priced: Priced[] = [
    ...(await costsOf(place.client(), place.name())),
    ...(await layoutsOf(place.client(), place.name())),
    { what: 'Castore: the first event of an aggregate', cost: first },
    { what: 'Castore: the next', cost: second },
    { what: 'Castore: an aggregate of 100 events', cost: await cost(() => pull(peer, 'a')) },
  ]
  console.log('\nCapacity units\n')
  table([
    ['', 'requests', 'write units', 'of the index', 'read units'],
    ...priced.map(({ what, cost: { writes, index, reads, requests } }) => [
      what,
      requestsText(requests),
      ...[writes, index, reads].map(String),
    ]),
  ])
}
