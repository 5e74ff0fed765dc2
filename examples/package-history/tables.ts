/** Draws on a terminal: headings, tables, bars. Everything is text, as wide as it is told. */
import { styleText } from 'node:util'

interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  /** Gives way where the terminal is narrow. */
  readonly flexible: boolean
}

export const left = (title: string): Column => ({ title, align: 'left', flexible: false })
export const right = (title: string): Column => ({ title, align: 'right', flexible: false })
export const flexible = (title: string): Column => ({ title, align: 'left', flexible: true })

const levels = ' ▁▂▃▄▅▆▇█'
const gap = '  '

export const screenWidth: number = Math.min(Math.max(process.stdout.columns ?? 80, 60), 120)

export const bold = (text: string): string => styleText('bold', text)
export const dim = (text: string): string => styleText('dim', text)

export function heading(title: string, remark = ''): string {
  return `\n${bold(title)}${remark && dim(` · ${remark}`)}\n`
}

/** Rows under their titles, in columns as wide as their widest cell, cut to the screen. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.title)
  const natural = titles.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const over = sum(natural) + gap.length * columns.length - screenWidth
  const widths = natural.map((width, index) =>
    columns[index]?.flexible ? Math.max(width - Math.max(over, 0), 8) : width,
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const width = widths[index] ?? 0
        const cell = cut(cells[index] ?? '', width)
        return gap + (align === 'right' ? cell.padStart(width) : cell.padEnd(width))
      })
      .join('')
      .trimEnd()
  return [dim(line(titles)), ...rows.map(line)].map((text) => text + '\n').join('')
}

/** A horizontal bar; something is never nothing. */
export function bar(share: number, width: number): string {
  return '█'.repeat(share === 0 ? 0 : Math.max(1, Math.round(share * width)))
}

/** One column for each number, up to the height of `most`; something is never nothing. */
export function columnChart(numbers: readonly number[], most: number): string {
  return numbers
    .map((number) => levels[number === 0 ? 0 : Math.max(1, Math.round((number / most) * 8))])
    .join('')
}

/** Cells side by side, in as many columns as fit, read downwards. */
export function grid(cells: readonly string[]): string {
  const width = Math.max(...cells.map((cell) => cell.length))
  const columns = Math.max(1, Math.floor(screenWidth / (width + gap.length + 1)))
  const height = Math.ceil(cells.length / columns)
  const row = (index: number): string =>
    cells
      .filter((_, place) => place % height === index)
      .map((cell) => gap + cell.padEnd(width + 1))
      .join('')
  return Array.from({ length: height }, (_, index) => row(index).trimEnd() + '\n').join('')
}

export const count = (number: number): string => number.toLocaleString('en-US')
export const plural = (number: number, noun: string): string =>
  `${count(number)} ${noun}${number === 1 ? '' : 's'}`
export const day = (time: string): string => time.slice(0, 10)

/** `bash` of `debian/bash`. */
export const nameIn = (id: string): string => id.slice(id.indexOf('/') + 1)

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
