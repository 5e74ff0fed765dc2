/** What `npm start` prints: the newest facts, the rules at work, and a few views. */
import { isEventfoldError } from 'eventfold'
import { publishVersions } from './decisions.ts'
import type { HistoryClient, Package, Release } from './events.ts'
import { calendar, packagePage, publisherPage } from './projections.ts'
import {
  bold,
  columnChart,
  count,
  day,
  dim,
  flexible,
  grid,
  heading,
  left,
  nameIn,
  right,
  table,
} from './tables.ts'

const shown = 5
const yearsShown = 12

/** The parts of the page, in their order. */
export async function overview(client: HistoryClient): Promise<string> {
  const parts = [facts, rules, busiestPublishers, mostReleased, releasesPerMonth, tryNext]
  return (await Promise.all(parts.map((part) => part(client)))).join('')
}

async function facts(client: HistoryClient): Promise<string> {
  const oldest = await Array.fromAsync(client.readEvents({ streams: 'all', limit: 2 }))
  const newest = await Array.fromAsync(
    client.readEvents({ streams: 'all', backwards: true, limit: 3 }),
  )
  const rows = [...oldest, ...newest.toReversed()].map((event) => [
    `#${count(event.position)}`,
    event.type,
    event.type === 'PACKAGE_ADDED' ? packageText(event.data) : releaseText(event.data),
  ])
  const total = count(newest[0]?.position ?? 0)
  return (
    heading('The log', `${total} facts in the order they were appended; none ever changes`) +
    table([right('fact'), left('event'), flexible('data')], rows.toSpliced(2, 0, ['⋮']))
  )
}

function packageText({ name, description }: Package): string {
  return `${name}: ${description}`
}

function releaseText({ releaseId, publisherId, publishedAt }: Release): string {
  return `${day(publishedAt)} ${nameIn(releaseId)} @${nameIn(publisherId)}`
}

/** Two commands that come to nothing, decided on the log as it is. */
async function rules(client: HistoryClient): Promise<string> {
  const newest = await client.getLatestEvent({ type: 'VERSION_PUBLISHED' })
  if (newest === undefined) return ''
  const again = newest.data
  const orphan = { ...again, packageId: 'debian/nobody-knows', releaseId: 'debian/nobody-knows@1' }
  const outcomes = [
    `  publish ${nameIn(again.releaseId)} a second time\n    → ${await outcomeOf(client, again)}\n`,
    `  publish ${nameIn(orphan.releaseId)}\n    → ${await outcomeOf(client, orphan)}\n`,
  ]
  return heading('The rules', 'decided just now, on what the log says') + outcomes.join('')
}

async function outcomeOf(client: HistoryClient, release: Release): Promise<string> {
  try {
    const { events } = await publishVersions.execute(client, [release])
    return events.length === 0 ? 'nothing appended: the log has it already' : 'appended'
  } catch (error) {
    if (isEventfoldError(error, 'REJECTED')) return `refused: ${error.message}`
    throw error
  }
}

async function busiestPublishers(client: HistoryClient): Promise<string> {
  const { documents } = await publisherPage.query(client, {
    order: { by: 'releases', direction: 'desc' },
    limit: shown,
  })
  const rows = documents.map(({ data }) => [
    `@${data.handle}`,
    count(data.releases),
    count(Object.keys(data.packages).length),
    day(data.firstAt),
    day(data.lastAt),
  ])
  return (
    heading('Busiest publishers', 'saved views, folded from the log') +
    table(
      [flexible('publisher'), right('releases'), right('packages'), left('first'), left('last')],
      rows,
    )
  )
}

async function mostReleased(client: HistoryClient): Promise<string> {
  const { documents } = await packagePage.query(client, {
    order: { by: 'releases', direction: 'desc' },
    limit: shown,
  })
  const rows = documents.map(({ data }) => [
    data.name,
    count(data.releases),
    count(Object.keys(data.publishers).length),
    data.description,
  ])
  return (
    heading('Most released packages') +
    table([left('package'), right('releases'), right('publishers'), flexible('description')], rows)
  )
}

async function releasesPerMonth(client: HistoryClient): Promise<string> {
  const saved = await calendar.get(client, 'all')
  const years = Object.entries(saved?.data.years ?? {}).slice(-yearsShown)
  const most = Math.max(...years.flatMap(([, months]) => months))
  const cells = years.map(([year, months]) => {
    const total = months.reduce((sum, month) => sum + month, 0)
    return `${year} ${columnChart(months, most)} ${count(total).padStart(5)}`
  })
  return (
    heading('Releases per month', `January to December, up to ${most}; the year's total`) +
    grid(cells)
  )
}

async function tryNext(): Promise<string> {
  const commands = [
    ['npm start -- pkg:bash', 'a package'],
    ['npm start -- @matthias-klose', 'a publisher'],
    ['npm start -- "compression library"', 'packages about something'],
    ['npm start', 'again: nothing is left to import'],
  ]
  const lines = commands.map(
    ([command = '', answer]) => `  ${bold(command.padEnd(36))}${dim(answer ?? '')}\n`,
  )
  return heading('Try next') + lines.join('')
}
