import { Pool } from 'pg'
import type { Cursor, EventStore, Stream } from 'eventfold'
import {
  fromPg,
  migrate,
  openPostgres,
  type PostgresOptions,
  type PostgresTables,
} from 'eventfold/postgres'
import { CARTS, cartIdOf, sampleEvent } from './sample.ts'

type Random = (below: number) => number

/** Which events a condition is about, and since when. */
export type Boundary = 'a cart' | 'a cart, since long ago' | 'a cart and the shop of all events'

/** A log with a hundred events to each cart, and all of one shop. */
export class BenchLog {
  readonly pool: Pool
  readonly store: EventStore
  readonly tables: PostgresTables
  readonly #cursors = new Map<number, Cursor>()
  #carts = CARTS
  #first: Cursor = '0'
  #old: Cursor = '0'

  constructor(url: string, schema: string, options: Partial<PostgresOptions> = {}) {
    this.pool = new Pool({ connectionString: url, max: 4 })
    this.pool.on('error', () => {})
    this.tables = {
      events: { schema, name: 'events' },
      projections: { schema, name: 'projections' },
    }
    this.store = openPostgres({ pool: fromPg(this.pool), tables: this.tables, ...options })
  }

  /** Makes and fills it with SQL, because that is quicker. Its ids come before those made later, as they do in a log. */
  async fill(events: number): Promise<void> {
    const schema = this.tables.events?.schema ?? ''
    this.#carts = events / 100
    await migrate(this.pool, this.tables)
    await this.pool.query(`insert into ${schema}.events (position, id, type, data)
      select n, '00' || lpad(n::text, 24, '0'), case n % 4 when 0 then 'CART_CREATED' when 1 then 'ITEM_ADDED'
          when 2 then 'ITEM_REMOVED' else 'CART_CHECKED_OUT' end,
        jsonb_build_object('cartId', 'cart_' || lpad((n % ${this.#carts})::text, 6, '0'), 'shopId', 'shop_1',
          'product', 'Espresso machine, stainless steel, 1450 W', 'quantity', n % 9, 'price', 129.9,
          'note', 'Please ring twice and leave it with the neighbour if nobody answers')
      from generate_series(1, ${events}) n`)
    await this.pool.query(`insert into eventfold."${schema}.events.keys" (key, position, type)
      select k.key, e.position, e.type from ${schema}.events e, lateral (values
        ('cartId=s:' || (e.data ->> 'cartId')), ('shopId=s:' || (e.data ->> 'shopId'))) k(key)
      order by 1, 2`)
    await this.pool.query(`vacuum analyze ${schema}.events`)
    await this.pool.query(`vacuum analyze eventfold."${schema}.events.keys"`)
    await this.look()
  }

  /** Cursors for conditions: of now, and of the middle of the log. */
  async look(): Promise<void> {
    this.#first = (await this.store.load([{ types: ['NONE'] }])).cursor
    const middle = Math.ceil(Number.parseInt(this.#first, 10) / 2)
    const { rows } = await this.pool.query<{ id: string }>(
      `select id from ${this.tables.events?.schema}.events where position = $1`,
      [middle],
    )
    this.#old = rows[0] ? `${middle}~${rows[0].id}` : '0'
  }

  /** Callers who each await one conditional append after another, on carts of their own. */
  async append(clients: number, count: number, random: Random): Promise<number> {
    const each = Math.ceil(count / clients)
    const caller = async (number: number): Promise<void> => {
      for (let done = 0; done < each; done += 1) {
        const cart = clients * random(Math.floor(this.#carts / clients)) + number
        const { cursor } = await this.store.commit({
          events: [sampleEvent(random, cart)],
          conditions: [
            {
              streams: [
                {
                  types: ['CART_CREATED', 'CART_CHECKED_OUT', 'ITEM_ADDED', 'ITEM_REMOVED'],
                  filter: { cartId: cartIdOf(cart) },
                },
              ],
              after: this.#cursors.get(cart) ?? this.#first,
            },
          ],
        })
        if (cursor !== undefined) this.#cursors.set(cart, cursor)
      }
    }
    await Promise.all(Array.from({ length: clients }, (_, number) => caller(number)))
    return each * clients
  }

  /** Appends whose condition always holds, on a boundary of that kind. */
  async appendWithin(
    boundary: Boundary,
    clients: number,
    count: number,
    random: Random,
  ): Promise<number> {
    const each = Math.ceil(count / clients)
    const types = ['CART_ABANDONED']
    const caller = async (): Promise<void> => {
      for (let done = 0; done < each; done += 1) {
        const cartId = cartIdOf(random(this.#carts))
        const shop = boundary === 'a cart and the shop of all events'
        const stream: Stream = { types, filter: shop ? { cartId, shopId: 'shop_1' } : { cartId } }
        await this.store.commit({
          events: [
            { type: 'CART_SEEN', data: { visitorId: `visitor_${random(1_000_000)}`, page: 1 } },
          ],
          conditions: [
            { streams: [stream], after: boundary === 'a cart' ? this.#first : this.#old },
          ],
        })
      }
    }
    await Promise.all(Array.from({ length: clients }, caller))
    return each * clients
  }

  async appendMany(events: number, count: number, random: Random): Promise<number> {
    for (let done = 0; done < count; done += events) {
      await this.store.commit({ events: Array.from({ length: events }, () => sampleEvent(random)) })
    }
    return count
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.pool.end()
  }
}
