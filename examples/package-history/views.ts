/** Keeps the saved views in step with the log. */
import type { HistoryClient } from './events.ts'
import { calendar, packagePage, publisherPage } from './projections.ts'

const checkpoint = { type: 'checkpoint', id: 'views' }
const atOnce = 64

/** Whether the views have ever been saved. */
export async function hasViews(client: HistoryClient): Promise<boolean> {
  return (await client.getProjection(checkpoint)) !== undefined
}

/**
 * Saves the views that the events since the checkpoint are about, and gives their number. The checkpoint
 * moves last: killed in between, the next run does the same again, and a view already saved costs little.
 */
export async function saveViews(
  client: HistoryClient,
  onProgress: (saved: number, total: number) => void,
): Promise<number> {
  const seen = await client.getProjection(checkpoint)
  const { events, cursor } = await client.load({ streams: 'all', after: seen?.cursor })
  if (events.length === 0) return 0

  const packages = new Set(events.map(({ data }) => data.packageId))
  const publishers = new Set(
    events.flatMap((event) => (event.type === 'VERSION_PUBLISHED' ? event.data.publisherId : [])),
  )
  const saves = [
    ...[...packages].map((id) => () => packagePage.save(client, id)),
    ...[...publishers].map((id) => () => publisherPage.save(client, id)),
    () => calendar.save(client, 'all'),
  ]
  for (let done = 0; done < saves.length; done += atOnce) {
    // Saves that are under way together share one write to the disk.
    const batch = saves.slice(done, done + atOnce)
    await Promise.all(batch.map((save) => save()))
    onProgress(done + batch.length, saves.length)
  }
  await client.saveProjection({ ...checkpoint, data: {}, cursor })
  return saves.length
}
