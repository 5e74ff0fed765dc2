import type { Cost } from './cost.ts'
import type { StoreEvents } from './events.ts'

export const title = (text: string): void => console.log(`\n${text}\n${'─'.repeat(text.length)}`)
export const say = (text: string): void => console.log(`  ${text}`)

export const euros = (cents: number | undefined): string =>
  cents === undefined ? '–' : `${(cents / 100).toFixed(2)} €`

/** A table: the first column has names, the others have figures. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)))
  for (const [first = '', ...rest] of rows) {
    const figures = rest.map((text, at) => text.padStart(widths[at + 1]! + 3))
    say(`${first.padEnd(widths[0]!)}${figures.join('')}`.trimEnd())
  }
}

/** One change of a price in one line, with a bar as long as the price. */
export function bar({ type, data }: StoreEvents): string {
  const sign = type === 'PRICE_LOWERED' ? '▼' : '▲'
  return `${sign} ${euros(data.price).padStart(8)}  ${'█'.repeat(Math.round(data.price / 25))}`
}

/** The part of an id that is its millisecond. */
export const millisecondOf = (id: string): string => id.slice(0, 10)

/** What something costs, in one line. */
export function costLine(what: string, { requests, writeUnits, readUnits }: Cost): void {
  const units = [
    [writeUnits, 'write'],
    [readUnits, 'read'],
  ] as const
  const charged = units
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${count} ${kind} unit${count === 1 ? '' : 's'}`)
  say(`${what.padEnd(29)}${charged.join(', ').padEnd(29)}${requests.join(', ')}`)
}
