import type { LogNames } from './names.ts'
import type { Statement } from './hand.ts'
import { isoSql, prepared, Values } from './sql.ts'

/** The oldest records after a sequence number, with what is told of their events. */
export function readOutbox(names: LogNames, after: string, limit: number): Statement {
  const values = new Values()
  const text = `select o.sequence::text as sequence, o.id, o.type, o.data::text as data, o.order_key,
  ${isoSql('o.created_at')} as created_at, o.event_position::text as event_position,
  e.id as event_id, e.type as event_type, e.metadata::text as event_metadata
  from (select * from ${names.outbox} o where o.sequence > ${values.text(after)}::bigint
    order by o.sequence limit ${values.bigint(limit)}) o
  left join lateral (select * from ${names.events} e where e.position = o.event_position offset 0) e on true
  order by o.sequence`
  return prepared(text, values)
}

export function removeFromOutbox(names: LogNames, ids: readonly string[]): Statement {
  const values = new Values()
  return prepared(`delete from ${names.outbox} o where o.id = any (${values.array(ids)})`, values)
}

/** Changes with every commit of events and of records, of whatever process. */
export function newestStatement(names: LogNames): Statement {
  const text = `select coalesce((select e.position from ${names.events} e order by e.position desc limit 1), 0)
  || ' ' || coalesce((select o.sequence from ${names.outbox} o order by o.sequence desc limit 1), 0) as newest`
  return prepared(text, new Values())
}
