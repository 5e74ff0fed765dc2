import type { Command, Connection, Query, SqlValue } from '../src/stores/sqlite/hand.ts'
import { settings } from '../src/stores/sqlite/statements.ts'
import { createEventId } from '../src/event/id.ts'
import type { SampleEvent } from './sample.ts'

type Row = readonly SqlValue[]

/** What one would write by hand: a table of events and prepared statements, and no conditions. */
export interface RawLog {
  /** One transaction. */
  readonly append: (events: readonly SampleEvent[]) => void
  /** The rows of one cart; nothing is parsed. */
  readonly select: (cartId: string) => readonly Row[]
}

/** `indexed` adds a column of its own for the cart, and an index on it. */
export function openRawLog(connection: Connection, indexed: boolean): RawLog {
  connection.execute('pragma journal_mode = wal')
  connection.execute(settings('FULL'))
  connection.execute(`
    create table events (
      position integer primary key,
      id text not null unique,
      type text not null,
      data text not null,
      metadata text not null,
      timestamp text not null
      ${indexed ? ', cart text not null' : ''}
    )`)
  if (indexed) connection.execute('create index events_cart on events (cart)')
  const begin: Command = connection.command('begin immediate')
  const commit: Command = connection.command('commit')
  const insert: Command = connection.command(
    `insert into events values (?, ?, ?, ?, ?, ?${indexed ? ', ?' : ''})`,
  )
  const byCart: Query<Row> = connection.query(`
    select position, id, type, data, metadata, timestamp from events
    where ${indexed ? 'cart' : 'id'} = ? order by position`)
  let position = 0
  return {
    append: (events) => {
      begin.run()
      for (const { type, data } of events) {
        position += 1
        const row = [
          position,
          createEventId(),
          type,
          JSON.stringify(data),
          '{}',
          new Date().toISOString(),
        ]
        insert.run(...row, ...(indexed ? [data.cartId] : []))
      }
      commit.run()
    },
    select: (cartId) => byCart.all(cartId),
  }
}
