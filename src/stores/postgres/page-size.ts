/** No page takes more rows. */
export const MAX_ROWS = 2_000

/** A page ends after so many bytes of jsonb, whatever is asked for: small events may be followed by large ones. */
export const PAGE_BYTES: number = 512 * 1024
/** Numbers take more room as jsonb than as text. */
const BYTES_OF_CHARACTER = 8
const BYTES_OF_ROW = 64

const FIRST_ROWS = 64
const AIM_BYTES = 1_000_000
const GROWTH = 4

/** How many rows to ask for next. */
export interface PageSize {
  readonly rows: number
  /** As the last pages showed; 0 where nothing is known. */
  readonly bytesOfRow: number
}

/** A small page: the reader may want no more. */
export const FIRST_PAGE: PageSize = { rows: FIRST_ROWS, bytesOfRow: 0 }

/** The size of the page after one of so many rows and characters: about a megabyte, at most {@link MAX_ROWS}. */
export function nextPage(last: PageSize, rows: number, bytes: number): PageSize {
  if (rows === 0) return last
  // The larger of the last two: a log tends to have its large events side by side.
  const bytesOfRow = Math.max(bytes / rows, last.bytesOfRow / 2)
  const fitting = Math.floor(AIM_BYTES / Math.max(bytesOfRow, 1))
  return { rows: Math.max(1, Math.min(fitting, last.rows * GROWTH, MAX_ROWS)), bytesOfRow }
}

/** Whether nothing comes after a page of so many rows and characters. Where that is not certain, there may be more. */
export function isLastPage(rows: number, wanted: number, characters: number): boolean {
  return (
    rows === 0 ||
    (rows < wanted && characters * BYTES_OF_CHARACTER + rows * BYTES_OF_ROW < PAGE_BYTES)
  )
}
