import { expect, test } from 'vitest'
import { FIRST_PAGE, MAX_ROWS, nextPage, type PageSize } from './page-size.ts'

function sizes(bytesOfRow: number, pages = 6): readonly number[] {
  let size: PageSize = FIRST_PAGE
  return Array.from({ length: pages }, () => {
    const { rows } = size
    size = nextPage(size, rows, rows * bytesOfRow)
    return rows
  })
}

test('pages of small events grow to the most that a page takes', () => {
  expect(sizes(200)).toEqual([64, 256, 1024, MAX_ROWS, MAX_ROWS, MAX_ROWS])
})

test('pages of large events hold about a megabyte, and one event at least', () => {
  expect(sizes(10_000)).toEqual([64, 100, 100, 100, 100, 100])
  expect(sizes(5_000_000, 3)).toEqual([64, 1, 1])
})

test('after large events they grow again', () => {
  let size: PageSize = { rows: 1, bytesOfRow: 5_000_000 }
  for (let page = 0; page < 20; page += 1) size = nextPage(size, size.rows, size.rows * 200)
  expect(size.rows).toBe(MAX_ROWS)
})

test('an empty page says nothing', () => {
  expect(nextPage(FIRST_PAGE, 0, 0)).toBe(FIRST_PAGE)
})
