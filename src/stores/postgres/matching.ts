import { isPlainObject } from '../../event/plain.ts'
import type { DataFilter } from '../../store/stream.ts'

/** One comparison of a filter, as SQL takes it: key, operator, operand. `any` is the array shorthand. */
export type Comparison = readonly [key: string, operator: string, operand: unknown]

/** A filter as a list of comparisons that must all hold. */
export function comparisonsOf(filter: DataFilter): Comparison[] {
  return Object.entries(filter).flatMap(([key, entry]): Comparison[] => {
    if (Array.isArray(entry)) return [[key, 'any', entry]]
    if (!isPlainObject(entry)) return [[key, 'eq', entry ?? null]]
    return Object.entries(entry).map(([operator, operand]) => [key, operator, operand ?? null])
  })
}

/**
 * SQL that tells whether `data` (jsonb) passes `filter` (jsonb, a list of {@link Comparison}): the same
 * as `matches.ts` says. It needs no function and holds no question mark. Scalars of jsonb compare with
 * their type; strings order by code point in the collation "C". A missing field, and one of another
 * type, is never NULL in the end: each comparison is true or false.
 */
export function matchesSql(data: string, filter: string): string {
  const field = `(${data} -> (c.item ->> 0))`
  const text = `(${data} ->> (c.item ->> 0))`
  const operand = `(c.item -> 2)`
  const operandText = `(c.item ->> 2)`
  const ordered = (sign: string): string => `
      case when jsonb_typeof(${field}) is distinct from jsonb_typeof(${operand}) then false
        when jsonb_typeof(${operand}) = 'string' then ${text} collate "C" ${sign} ${operandText} collate "C"
        else ${text}::numeric ${sign} ${operandText}::numeric end`
  const among = `coalesce(jsonb_typeof(${field}) not in ('array', 'object') and ${operand} @> jsonb_build_array(${field}), false)`
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
