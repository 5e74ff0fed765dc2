import type { Client, LoadedEvents } from '../client/client.ts'
import type { EventShape, StoredEvent } from '../event/event.ts'
import type { StoredDocument } from '../store/document.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { Cursor, Streams } from '../store/stream.ts'

/** A saved projection and the events since. */
export interface LoadedProjection {
  readonly saved: StoredDocument | undefined
  readonly events: readonly StoredEvent[]
  readonly cursor: Cursor
}

/**
 * Loads a saved projection, if asked for, and the events that it has not seen. One that has seen a log
 * which no longer exists (a restored backup) is left aside, and everything is read; so is one without a
 * cursor, of which nobody knows what it has seen.
 */
export async function loadProjection(
  client: Pick<Client<EventShape>, 'load' | 'getProjection'>,
  projection: { readonly type: string; readonly id: string; readonly streams: Streams },
  options: { readonly loadExisting: boolean; readonly signal?: AbortSignal | undefined },
): Promise<LoadedProjection> {
  const { type, id, streams } = projection
  const { loadExisting, signal } = options
  const saved = loadExisting ? await client.getProjection({ type, id }) : undefined
  const since = saved?.cursor && (await loadSince(client, streams, saved.cursor, signal))
  if (since) return { saved, ...since }
  return { saved: undefined, ...(await client.load({ streams: streams as 'all', signal })) }
}

/** The events that a cursor has not seen; `undefined` where it has seen a log that no longer exists. */
export async function loadSince(
  client: Pick<Client<EventShape>, 'load'>,
  streams: Streams,
  after: Cursor,
  signal: AbortSignal | undefined,
): Promise<LoadedEvents<EventShape> | undefined> {
  try {
    return await client.load({ streams: streams as 'all', after, signal })
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT') && error.conflict.reason === 'rewound') return undefined
    throw error
  }
}
