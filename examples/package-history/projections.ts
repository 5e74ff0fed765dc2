/** The views: each folds one stream of facts into a page, and may be saved as a document. */
import { defineProjection } from 'eventfold'
import { events, type Release } from './events.ts'

export type Counts = Readonly<Record<string, number>>

interface Activity {
  readonly releases: number
  readonly firstAt: string
  readonly lastAt: string
  /** The newest first, a few of them. */
  readonly newest: readonly Release[]
}

export interface PackagePage extends Activity {
  readonly name: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly publishers: Counts
}

export interface PublisherPage extends Activity {
  readonly handle: string
  readonly packages: Counts
}

export interface Calendar {
  /** The releases of each year, month by month. */
  readonly years: Readonly<Record<string, readonly number[]>>
}

const newestKept = 8
const noActivity: Activity = { releases: 0, firstAt: '', lastAt: '', newest: [] }
const noPackage: PackagePage = {
  ...noActivity,
  name: '',
  description: '',
  keywords: [],
  publishers: {},
}
const noReleases: Calendar = { years: {} }
const emptyYear: readonly number[] = Array.from({ length: 12 }, () => 0)

export const packagePage = defineProjection(events, {
  type: 'package',
  streams: (packageId) => [
    { types: ['PACKAGE_ADDED', 'VERSION_PUBLISHED'], filter: { packageId } },
  ],
  initialState: noPackage,
  evolve: {
    PACKAGE_ADDED: (page, { data: { name, description, keywords } }) => ({
      ...page,
      name,
      description,
      keywords,
    }),
    VERSION_PUBLISHED: (page, { data }) => ({
      ...page,
      ...withRelease(page, data),
      publishers: plusOne(page.publishers, data.publisherId),
    }),
  },
})

export const publisherPage = defineProjection(events, {
  type: 'publisher',
  streams: (publisherId) => [{ types: ['VERSION_PUBLISHED'], filter: { publisherId } }],
  initialState: (publisherId): PublisherPage => ({
    ...noActivity,
    handle: publisherId.slice(publisherId.indexOf('/') + 1),
    packages: {},
  }),
  evolve: {
    VERSION_PUBLISHED: (page, { data }) => ({
      ...page,
      ...withRelease(page, data),
      packages: plusOne(page.packages, data.packageId),
    }),
  },
})

export const calendar = defineProjection(events, {
  type: 'calendar',
  streams: () => [{ types: ['VERSION_PUBLISHED'] }],
  initialState: noReleases,
  evolve: {
    VERSION_PUBLISHED: ({ years }, { data }) => {
      const [year = '', month] = data.publishedAt.split('-')
      const months = years[year] ?? emptyYear
      const index = Number(month) - 1
      return { years: { ...years, [year]: months.with(index, (months[index] ?? 0) + 1) } }
    },
  },
})

/** History may be imported in any order, so first, last and newest go by the time in the fact. */
function withRelease(activity: Activity, release: Release): Activity {
  const { publishedAt: at } = release
  const { firstAt, lastAt, newest } = activity
  const place = newest.findIndex((other) => other.publishedAt <= at)
  return {
    releases: activity.releases + 1,
    firstAt: firstAt === '' || at < firstAt ? at : firstAt,
    lastAt: at > lastAt ? at : lastAt,
    newest: newest.toSpliced(place < 0 ? newest.length : place, 0, release).slice(0, newestKept),
  }
}

function plusOne(counts: Counts, key: string): Counts {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 }
}
