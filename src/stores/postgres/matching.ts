import { isPlainObject } from '../../event/plain.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import type { DataFilter } from '../../store/stream.ts'
import type { Values } from './sql.ts'

/** One comparison of a filter, as SQL takes it: key, operator, operand. `any` is the array shorthand. */
export type Comparison = readonly [key: string, operator: string, operand: unknown]

/** A filter as a list of comparisons that must all hold, with the keys under which the codec stores them. */
export function comparisonsOf(filter: DataFilter, codec: JsonCodec = jsonCodec): Comparison[] {
  return Object.entries(filter).flatMap(([name, entry]): Comparison[] => {
    const key = storedKey(name, codec)
    if (Array.isArray(entry)) return [[key, 'any', entry]]
    if (!isPlainObject(entry)) return [[key, 'eq', entry ?? null]]
    return Object.entries(entry).map(([operator, operand]) => [key, operator, operand ?? null])
  })
}

/**
 * The name that a top-level key of `data` has in what the codec stores: `dateCodec` escapes some. The
 * scalars of `data` every codec has to leave as they are, for SQL compares them.
 */
export function storedKey(key: string, codec: JsonCodec): string {
  if (codec === jsonCodec) return key
  const stored: unknown = JSON.parse(codec.encode({ [key]: true }, 'filter'))
  const [name = key, ...others] = isPlainObject(stored) ? Object.keys(stored) : []
  return others.length === 0 ? name : key
}

/** As {@link matchesSql} for one filter, faster: its operators are in the text, its keys and operands are values. */
export function passesSql(
  data: string,
  filter: readonly Comparison[],
  values: Pick<Values, 'text' | 'json'>,
): string {
  if (filter.length > MAX_UNROLLED) return matchesSql(data, `(select ${values.json(filter)})`)
  return filter.map((comparison) => `(${comparisonSql(data, comparison, values)})`).join(' and ')
}

const MAX_UNROLLED = 4
const SIGNS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function comparisonSql(
  data: string,
  [key, operator, operand]: Comparison,
  values: Pick<Values, 'text' | 'json'>,
): string {
  if (operand === null) return 'false'
  const name = values.text(key)
  const field = `(${data} -> ${name})`
  // A list that is read once, not for every row.
  const value = `(select ${values.json(operand)})`
  const among = `coalesce(jsonb_typeof(${field}) not in ('array', 'object')
    and ${value} @> jsonb_build_array(${field}), false)`
  switch (operator) {
    case 'eq':
      return `coalesce(${field} = ${value}, false)`
    case 'neq':
      return `${field} is distinct from ${value}`
    case 'in':
      return among
    case 'nin':
      return `not ${among}`
    case 'any':
      return `coalesce(${field} = ${value}, false) or ${among}`
    default: {
      const isText = typeof operand === 'string'
      const compared = isText
        ? `(${data} ->> ${name}) collate "C" ${SIGNS[operator]} (${value} #>> '{}') collate "C"`
        : `${field} ${SIGNS[operator]} ${value}`
      return `case when jsonb_typeof(${field}) = '${typeof operand}' then ${compared} else false end`
    }
  }
}

/**
 * SQL that tells whether `data` (jsonb) passes `filter` (jsonb, a list of {@link Comparison}): the same
 * as `matches.ts` says. It needs no function and holds no question mark. Scalars of jsonb compare with
 * their type; strings order by code point in the collation "C". It fails for no data, and is never NULL:
 * each comparison is true or false.
 */
export function matchesSql(data: string, filter: string): string {
  const field = `(${data} -> (c.item ->> 0))`
  const operand = `(c.item -> 2)`
  const among = `coalesce(jsonb_typeof(${field}) not in ('array', 'object')
        and ${operand} @> jsonb_build_array(${field}), false)`
  const ordered = (sign: string): string => `case
        when jsonb_typeof(${field}) is distinct from jsonb_typeof(${operand}) then false
        when jsonb_typeof(${operand}) = 'string'
          then (${data} ->> (c.item ->> 0)) collate "C" ${sign} (c.item ->> 2) collate "C"
        else ${field} ${sign} ${operand} end`
  return `not exists (select from jsonb_array_elements(${filter}) as c(item) where not case c.item ->> 1
      when 'eq' then jsonb_typeof(${operand}) <> 'null' and coalesce(${field} = ${operand}, false)
      when 'neq' then ${field} is distinct from ${operand}
      when 'in' then ${among}
      when 'nin' then not ${among}
      when 'any' then coalesce(${field} = ${operand}, false) or ${among}
      when 'gt' then ${ordered('>')}
      when 'gte' then ${ordered('>=')}
      when 'lt' then ${ordered('<')}
      when 'lte' then ${ordered('<=')} end)`
}
