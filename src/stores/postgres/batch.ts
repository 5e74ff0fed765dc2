import type { Encoded, Section } from './encode.ts'

/**
 * What a batch says of each event (`e…`) and of each condition on one key (`h…`): a list for each column,
 * because the server reads a few lists in half the time of many objects.
 */
export type Column = keyof typeof ABSENT

/** What stands in a column for one of whom nothing is said. Of most columns everybody has something. */
const ABSENT = {
  /** Id, type, data, metadata, keys, type and id of the aggregate. */
  ei: '',
  et: '',
  ed: '',
  em: '{}',
  ek: '',
  ex: 'null',
  ey: 'null',
  /** The number of the condition, key, types or null, position and id that were seen. */
  hn: '',
  hq: '',
  ht: '',
  hp: '',
  hv: '',
} as const
const columns = Object.keys(ABSENT) as Column[]

/** Objects, because there are few of them. */
const sections: readonly Section[] = ['g', 'x', 'd', 'o', 'i']

/**
 * The one parameter of a batch: the commits by their number, the events in their order. With `careful` it
 * is not tried the quick way; `patience` is how long the lock is waited for, in milliseconds, where
 * nobody has said that.
 */
export function batchText(
  batch: readonly Encoded[],
  { careful = false, patience }: { readonly careful?: boolean; readonly patience?: number } = {},
): string {
  const parts: string[] = []
  const add = (name: string, cellsOf: (encoded: Encoded, a: number) => string): void => {
    let cells = ''
    for (let a = 0; a < batch.length; a += 1) {
      const more = cellsOf(batch[a] as Encoded, a)
      if (more !== '') cells += cells === '' ? more : `,${more}`
    }
    if (cells !== '') parts.push(`"${name}":[${cells}]`)
  }
  for (const column of columns) {
    const absent = ABSENT[column]
    if (absent === '') add(column, (encoded) => encoded.columns[column])
    else if (batch.some((encoded) => encoded.columns[column] !== '')) {
      add(column, (encoded) => encoded.columns[column] || repeat(absent, encoded.events))
    }
  }
  // Where there is but one commit, everything is of number 0.
  if (batch.length > 1) {
    add('ea', ({ events }, a) => repeat(`${a}`, events))
    add('ha', ({ conditions }, a) => repeat(`${a}`, conditions))
  }
  if (batch.some(({ isRare }) => isRare)) {
    for (const section of sections) {
      add(section, ({ rows }, a) => rows[section].map((text) => `{"a":${a},${text}`).join(','))
    }
  }
  // More than events under conditions on one key: all checks are needed.
  if (careful || batch.some(({ isRare }) => isRare)) parts.push('"r":1')
  if (patience !== undefined) parts.push(`"w":"${patience}"`)
  return `{${parts.join(',')}}`
}

/** SQL for the rows of these columns of `batch`. A column that it does not have is null. */
export function rowsFrom(...names: readonly (Column | 'ea' | 'ha')[]): string {
  const lists = names.map((name) =>
    /^(?:e[itxy]|h[qv])$/u.test(name)
      ? `jsonb_array_elements_text(batch -> '${name}')`
      : `jsonb_array_elements(batch -> '${name}')`,
  )
  return `rows from (${lists.join(', ')})`
}

function repeat(text: string, count: number): string {
  return count === 1 ? text : Array<string>(count).fill(text).join(',')
}
