/** Turns the data files into commands, in the order in which things happened. */
import { addPackages, publishVersions } from './decisions.ts'
import type { HistoryClient, Package, Release } from './events.ts'
import type { History } from './history.ts'

export interface Batch {
  /** The packages whose first version is in this batch. */
  readonly packages: readonly Package[]
  readonly releases: readonly Release[]
}

export interface Imported {
  /** How many events the files amount to. */
  readonly events: number
  /** How many of them the log did not have. */
  readonly appended: number
}

const batchSize = 250

/**
 * Executes every batch. Each decision is one commit, all or nothing, and appends only what the log does
 * not know: an import that was killed goes on where it stopped, and a finished one has nothing to do.
 */
export async function importBatches(
  client: HistoryClient,
  batches: readonly Batch[],
  onProgress: (done: number, total: number) => void,
): Promise<Imported> {
  const events = batches.reduce((sum, batch) => sum + sizeOf(batch), 0)
  let done = 0
  let appended = 0
  for (const { packages, releases } of batches) {
    if (packages.length > 0) {
      const added = await addPackages.execute(client, packages)
      appended += added.events.length
    }
    const published = await publishVersions.execute(client, releases)
    appended += published.events.length
    done += sizeOf({ packages, releases })
    onProgress(done, events)
  }
  return { events, appended }
}

function sizeOf({ packages, releases }: Batch): number {
  return packages.length + releases.length
}

/** The same batches for the same files, whoever asks and however often. */
export function toBatches(histories: ReadonlyMap<string, readonly History[]>): Batch[] {
  const packages = new Map<string, Package>()
  const releases: Release[] = []
  for (const [registry, lines] of histories) {
    for (const { name, description, keywords, versions } of lines) {
      const packageId = `${registry}/${name}`
      packages.set(packageId, { packageId, name, description, keywords: [...keywords] })
      for (const [version, publishedAt, publisher] of versions) {
        const releaseId = `${packageId}@${version}`
        const publisherId = `${registry}/${publisher}`
        releases.push({ packageId, releaseId, publisherId, version, publishedAt })
      }
    }
  }
  // Releases of one moment stay in the order of their files.
  releases.sort((a, b) =>
    a.publishedAt < b.publishedAt ? -1 : a.publishedAt > b.publishedAt ? 1 : 0,
  )

  return chunks(releases, batchSize).map((chunk) => {
    const named = [...new Set(chunk.map((release) => release.packageId))]
    const added = named.flatMap((packageId) => packages.get(packageId) ?? [])
    for (const { packageId } of added) packages.delete(packageId)
    return { packages: added, releases: chunk }
  })
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}
