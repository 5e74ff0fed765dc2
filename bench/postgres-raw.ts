import { Pool, type Client, type PoolClient, type QueryConfig } from 'pg'
import { createEventId } from '../src/event/id.ts'
import { sampleEvent, type SampleEvent } from './sample.ts'

type Random = (below: number) => number

/** What one would write by hand: a table of events and prepared inserts, no keys and no conditions. */
export class RawEvents {
  readonly #pool: Pool
  #clients: PoolClient[] = []

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 16 })
    this.#pool.on('error', () => {})
  }

  async open(): Promise<void> {
    await this.#pool
      .query(`create table raw_events (position bigint generated always as identity primary key,
      id text not null unique, type text not null, data jsonb not null)`)
    this.#clients = await Promise.all(Array.from({ length: 16 }, () => this.#pool.connect()))
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.release()
    await this.#pool.end()
  }

  /** So many clients, each with a connection of its own, each awaiting one insert after another. */
  async insert(clients: number, count: number, random: Random): Promise<number> {
    const each = Math.ceil(count / clients)
    const work = async (client: PoolClient): Promise<void> => {
      for (let done = 0; done < each; done += 1) await insertOne(client, sampleEvent(random))
    }
    await Promise.all(this.#clients.slice(0, clients).map(work))
    return each * clients
  }

  /** One prepared insert of many rows after another: `values (…), (…)`. */
  async insertRows(rows: number, count: number, random: Random): Promise<number> {
    const places = Array.from({ length: rows }, (_, row) => {
      const at = 3 * row
      return `($${at + 1}, $${at + 2}, $${at + 3})`
    })
    const text = `insert into raw_events (id, type, data) values ${places.join(', ')}`
    return await this.#many(rows, count, random, (events) => ({
      name: 'rows',
      text,
      values: events.flatMap(({ type, data }) => [createEventId(), type, JSON.stringify(data)]),
    }))
  }

  /** The same from three arrays, which is quicker and takes some thought. */
  async insertArrays(rows: number, count: number, random: Random): Promise<number> {
    return await this.#many(rows, count, random, (events) => ({
      name: 'arrays',
      text: 'insert into raw_events (id, type, data) select * from unnest($1::text[], $2::text[], $3::jsonb[])',
      values: [
        events.map(() => createEventId()),
        events.map(({ type }) => type),
        events.map(({ data }) => JSON.stringify(data)),
      ],
    }))
  }

  async #many(
    rows: number,
    count: number,
    random: Random,
    query: (events: readonly SampleEvent[]) => QueryConfig,
  ): Promise<number> {
    const [client] = this.#clients as [PoolClient]
    for (let done = 0; done < count; done += rows) {
      await client.query(query(Array.from({ length: rows }, () => sampleEvent(random))))
    }
    return count
  }
}

async function insertOne(client: Client | PoolClient, { type, data }: SampleEvent): Promise<void> {
  await client.query({
    name: 'one',
    text: 'insert into raw_events (id, type, data) values ($1, $2, $3)',
    values: [createEventId(), type, JSON.stringify(data)],
  })
}
