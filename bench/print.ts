import { ratioOf, spreadOf, type Measured, type Spread } from './measure.ts'

/** A ratio of two contestants that has to reach a bound. */
export interface Figure {
  readonly what: string
  readonly over: Measured
  readonly under: Measured
  readonly atLeast: number
}

/** Prints rates and ratios: the median of the rounds, and in brackets the least and the most. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}\n`)
  const rates = new Map(
    figures.flatMap(({ under, over }) => [under, over]).map((one) => [one.name, one]),
  )
  table(
    [...rates.values()].map(({ name, rates: numbers }) => [
      name,
      show(spreadOf(numbers), 0),
      'per second',
    ]),
  )
  console.log()
  table(
    figures.map(({ what, over, under, atLeast }) => {
      const ratio = ratioOf(over, under)
      return [
        what,
        show(ratio, 2),
        `at least ${atLeast}`,
        ratio.median >= atLeast ? 'reached' : 'FELL SHORT',
      ]
    }),
  )
}

function show({ median, least, most }: Spread, digits: number): string {
  const text = (number: number): string =>
    number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${text(median)} (${text(least)} to ${text(most)})`
}

function table(rows: readonly (readonly string[])[]): void {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  for (const row of rows) {
    console.log(
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd(),
    )
  }
}
