import { overallRate, ratesOf, ratiosOf, spreadOf, type Measured, type Spread } from './measure.ts'

/** A ratio of two contestants, which perhaps has to reach a bound. */
export interface Figure {
  readonly what: string
  readonly over: Measured
  readonly under: Measured
  readonly atLeast?: number
}

/** Prints rates and ratios: over all rounds, and the median of the rounds with the least and the most. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}\n`)
  const contestants = new Map(
    figures.flatMap(({ under, over }) => [under, over]).map((one) => [one.name, one]),
  )
  table([
    ['per second', 'overall', 'median of the rounds', ''],
    ...[...contestants.values()].map((one) => [
      one.name,
      text(overallRate(one), 0),
      ...show(spreadOf(ratesOf(one)), 0),
    ]),
  ])
  console.log()
  table([
    ['ratio', 'overall', 'median of the rounds', '', 'at least', ''],
    ...figures.map(({ what, over, under, atLeast }) => {
      const ratio = overallRate(over) / overallRate(under)
      return [
        what,
        text(ratio, 2),
        ...show(spreadOf(ratiosOf(over, under)), 2),
        ...(atLeast === undefined
          ? []
          : [String(atLeast), ratio >= atLeast ? 'reached' : 'FELL SHORT']),
      ]
    }),
  ])
}

function show({ median, least, most }: Spread, digits: number): string[] {
  return [text(median, digits), `${text(least, digits)} to ${text(most, digits)}`]
}

function text(number: number, digits: number): string {
  return number.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

/** Prints rows in columns, the first of them as a heading. */
export function table(rows: readonly (readonly string[])[]): void {
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
