/** Tells how far something is: a bar on a terminal, a line now and then where there is none. */
import { bar, count } from './tables.ts'

export interface Progress {
  readonly report: (done: number, total: number) => void
  /** How long it took, in seconds. */
  readonly finish: () => number
}

const screen = process.stderr
const barWidth = Math.min(Math.max((screen.columns ?? 80) - 52, 8), 40)

export function startProgress(label: string, unit: string): Progress {
  const begun = performance.now()
  const seconds = (): number => (performance.now() - begun) / 1000
  let told = 0

  return {
    report: (done, total) => {
      const share = total === 0 ? 1 : done / total
      const rate = `${count(Math.round(done / seconds()))} ${unit}/s`
      const state = `${count(done)} of ${count(total)} ${unit}, ${rate}`
      if (screen.isTTY) {
        const drawn = bar(share, barWidth).padEnd(barWidth, '░')
        screen.write(`\r  ${label} ${drawn} ${state}\u001b[K`)
      } else if (share >= told + 0.25 || share === 1) {
        told = share
        screen.write(`  ${label} ${Math.floor(share * 100)} %: ${state}\n`)
      }
    },
    finish: () => {
      if (screen.isTTY) screen.write('\r\u001b[K')
      return seconds()
    },
  }
}
