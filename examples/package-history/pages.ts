/** How saved views look as text. */
import type { StoredDocument } from 'eventfold'
import type { Counts, PackagePage, PublisherPage } from './projections.ts'
import {
  bar,
  count,
  day,
  dim,
  flexible,
  heading,
  left,
  nameIn,
  plural,
  right,
  table,
} from './tables.ts'

export function packageText({ data: page, ...document }: StoredDocument<PackagePage>): string {
  const publishers = Object.keys(page.publishers).length
  const releases = page.newest.map(({ version, publishedAt, publisherId }) => [
    version,
    day(publishedAt),
    `@${nameIn(publisherId)}`,
  ])
  return (
    heading(page.name, page.description) +
    `  ${plural(page.releases, 'release')} by ${plural(publishers, 'publisher')}, ${span(page)}\n` +
    `  filed under ${page.keywords.join(', ') || 'nothing'}\n` +
    heading('Newest releases') +
    table([flexible('version'), left('published'), left('publisher')], releases) +
    heading('Released by') +
    ranking(page.publishers, '@') +
    origin(document)
  )
}

export function publisherText({ data: page, ...document }: StoredDocument<PublisherPage>): string {
  const packages = Object.keys(page.packages).length
  const releases = page.newest.map(({ packageId, version, publishedAt }) => [
    nameIn(packageId),
    version,
    day(publishedAt),
  ])
  return (
    heading(`@${page.handle}`) +
    `  ${plural(page.releases, 'release')} of ${plural(packages, 'package')}, ${span(page)}\n` +
    heading('Newest releases') +
    table([left('package'), flexible('version'), left('published')], releases) +
    heading('Packages') +
    ranking(page.packages, '') +
    origin(document)
  )
}

export function resultsText(text: string, results: readonly PackagePage[]): string {
  const shown = results.slice(0, 12)
  const hidden = results.length - shown.length
  return (
    heading(
      `Packages about "${text}"`,
      hidden > 0 ? `the best ${shown.length} of ${results.length}` : '',
    ) +
    table(
      [left('package'), flexible('description'), right('releases'), left('newest')],
      shown.map((page) => [page.name, page.description, count(page.releases), day(page.lastAt)]),
    )
  )
}

function ranking(counts: Counts, sign: string): string {
  const ranked = Object.entries(counts).toSorted(([, a], [, b]) => b - a)
  const most = ranked[0]?.[1] ?? 1
  const rows = ranked
    .slice(0, 8)
    .map(([id, number]) => [sign + nameIn(id), count(number), bar(number / most, 24)])
  const others = ranked.length - rows.length
  return (
    table([left('name'), right('releases'), left('')], rows) +
    (others > 0 ? dim(`  and ${others} more\n`) : '')
  )
}

function span({ firstAt, lastAt }: PackagePage | PublisherPage): string {
  return firstAt === lastAt ? `on ${day(firstAt)}` : `from ${day(firstAt)} to ${day(lastAt)}`
}

function origin({ type, id, revision }: Omit<StoredDocument, 'data'>): string {
  return dim(`\n  saved projection: ${type} ${id}, revision ${revision}\n`)
}
