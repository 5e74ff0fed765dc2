import type { Encoded, Section } from './encode.ts'
import { VERSION } from './version.ts'

/**
 * What a batch says of each event (`e…`), condition on one key (`h…`), expected version (`x…`), document
 * (`d…`) and outbox record (`o…`): a list for each column, because the server reads a few lists in half
 * the time of many objects.
 */
export type Column = keyof typeof ABSENT

/** What stands in a column for one of whom nothing is said. Of most columns everybody has something. */
const ABSENT = {
  /** Id, type, data, metadata, keys, type and id of the aggregate, the version that is foreseen. */
  ei: '',
  et: '',
  ed: '',
  em: '{}',
  ek: '',
  ex: 'null',
  ey: 'null',
  ez: 'null',
  /** The number of the condition, key, types or null, position and id that were seen. */
  hn: '',
  hq: '',
  ht: '',
  hp: '',
  hv: '',
  /** The number of the expectation, type and id of the aggregate, its version. */
  xn: '0',
  xx: '',
  xy: '',
  xv: '',
  /**
   * The number of the document, type, id, data, whether it is deleted, position and id of its cursor,
   * guards, whether it may be left out, the revision that is foreseen.
   */
  dn: '0',
  dt: '',
  di: '',
  dd: '',
  dz: 'false',
  dp: 'null',
  dv: 'null',
  dg: '[]',
  ds: 'false',
  dr: '0',
  /** Id, type, data, key of the order, id of the event. */
  oi: '',
  ot: '',
  od: '',
  ok: 'null',
  oe: 'null',
} as const

/** The first letter of a column: what it is of. */
export type Group = 'e' | 'h' | 'x' | 'd' | 'o'

const groups = Object.entries(
  Object.groupBy(Object.keys(ABSENT) as Column[], ([letter]) => letter as Group),
) as [Group, Column[]][]

/** Objects, because there are few of them. */
const sections: readonly Section[] = ['g', 'i']

/**
 * The one parameter of a batch: the commits by their number, the events in their order. With `careful` it
 * is not tried the quick way; `patience` is how long the lock is waited for, in milliseconds, where
 * nobody has said that.
 */
export function batchText(
  batch: readonly Encoded[],
  { careful = false, patience }: { readonly careful?: boolean; readonly patience?: number } = {},
): string {
  const parts = [`"version":${VERSION}`]
  const add = (name: string, cellsOf: (encoded: Encoded, a: number) => string): void => {
    let cells = ''
    for (let a = 0; a < batch.length; a += 1) {
      const more = cellsOf(batch[a] as Encoded, a)
      if (more !== '') cells += cells === '' ? more : `,${more}`
    }
    if (cells !== '') parts.push(`"${name}":[${cells}]`)
  }
  for (const [group, columns] of groups) {
    if (!batch.some(({ counts }) => counts[group] > 0)) continue
    for (const column of columns) {
      const absent = ABSENT[column]
      if (absent === '') add(column, (encoded) => encoded.columns[column])
      else if (batch.some((encoded) => encoded.columns[column] !== '')) {
        add(column, ({ columns: own, counts }) => own[column] || repeat(absent, counts[group]))
      }
    }
    // Where there is but one commit, everything is of number 0.
    if (batch.length > 1) add(`${group}a`, ({ counts }, a) => repeat(`${a}`, counts[group]))
  }
  const isQuick = !careful && batch.every(({ foreseen }) => foreseen)
  if (!isQuick) {
    for (const section of sections) {
      add(section, ({ rows }, a) => rows[section].map((text) => `{"a":${a},${text}`).join(','))
    }
    parts.push('"r":1')
  }
  // More than events under conditions on one key.
  else if (batch.some(({ counts: { x, d, o } }) => x + d + o > 0)) parts.push('"m":1')
  if (patience !== undefined) parts.push(`"w":"${patience}"`)
  return `{${parts.join(',')}}`
}

/** Columns that are taken as text, or as null; the others as jsonb. */
const TEXTS = /^(?:e[itxyz]|h[qv]|x[xy]|d[tipv]|o[itke])$/u

/** What columns are taken as after that. */
const TYPES: Readonly<Record<string, string>> = {
  ez: 'bigint',
  hp: 'bigint',
  xv: 'bigint',
  dz: 'bool',
  dp: 'bigint',
  ds: 'bool',
  dr: 'bigint',
}

/**
 * SQL for the rows of these columns of `batch`, of one group, each named by its second letter: `a` is the
 * number of the commit, `o` that of the row. A column that the batch does not have is null.
 */
export function rowsOf(
  row: string,
  ...names: readonly (Column | `${Group}${'a' | 'o'}`)[]
): string {
  const columns = names.filter((name) => name[1] !== 'o')
  const lists = columns.map(
    (name) => `jsonb_array_elements${TEXTS.test(name) ? '_text' : ''}(batch -> '${name}')`,
  )
  const letters = names.map((name) => name.slice(1))
  const selected = names.map((name, at) => {
    // With one commit alone its number is not said, nor that of what it has but one of.
    if (name.endsWith('a') || ABSENT[name as Column] === '0') {
      return `coalesce(${row}.${letters[at]}::int, 0) as ${letters[at]}`
    }
    return TYPES[name] === undefined
      ? `${row}.${letters[at]}`
      : `${row}.${letters[at]}::${TYPES[name]} as ${letters[at]}`
  })
  return `(select ${selected.join(', ')} from rows from (${lists.join(', ')})${
    columns.length < names.length ? ' with ordinality' : ''
  } as ${row}(${letters.join(', ')})) ${row}`
}

function repeat(text: string, count: number): string {
  return count === 1 ? text : Array<string>(count).fill(text).join(',')
}
