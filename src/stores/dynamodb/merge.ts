import type { EventItem } from './items.ts'

/** Where events come from, page by page, in the order of the read. */
export interface Source {
  /** The next page that has events; `undefined` at the end. */
  readonly next: () => Promise<readonly EventItem[] | undefined>
}

/**
 * The events of all sources in one order, each once, although several partitions have copies of it: as
 * many at a time as the pages at hand are sure of.
 */
export async function* mergePages(
  sources: readonly Source[],
  backwards = false,
): AsyncGenerator<readonly EventItem[]> {
  const isBefore = (left: EventItem, right: EventItem): boolean =>
    backwards ? left.at > right.at : left.at < right.at
  let open = sources.map((source) => ({ source, page: [] as readonly EventItem[] }))
  for (;;) {
    await Promise.all(
      open.map(async (each) => {
        if (each.page.length === 0) each.page = (await each.source.next()) ?? []
      }),
    )
    open = open.filter(({ page }) => page.length > 0)
    const [only] = open
    if (!only) return
    if (open.length === 1) {
      yield only.page
      only.page = []
      continue
    }
    // Behind the end of a page there may be more of its source: nobody knows yet where.
    const sure = open.map(({ page }) => page.at(-1)!).reduce((a, b) => (isBefore(b, a) ? b : a))
    const found: EventItem[] = []
    for (const each of open) {
      const rest = each.page.findIndex((item) => isBefore(sure, item))
      const count = rest < 0 ? each.page.length : rest
      for (const item of each.page.slice(0, count)) found.push(item)
      each.page = each.page.slice(count)
    }
    found.sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0))
    yield found.filter(({ id }, index) => found[index - 1]?.id !== id)
  }
}
