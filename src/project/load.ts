import type { Client } from '../client/client.ts'
import type { EventShape, Stored } from '../event/event.ts'
import type { StoredDocument } from '../store/document.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { Cursor, Streams } from '../store/stream.ts'

/** A saved projection and the events since. */
export interface LoadedProjection<Event extends EventShape> {
  readonly saved: StoredDocument | undefined
  readonly events: readonly Stored<Event>[]
  readonly cursor: Cursor
}

/**
 * Loads a saved projection, if asked for, and the events that it has not seen. One that has seen a log
 * which no longer exists (a restored backup) is left aside, and everything is read.
 */
export async function loadProjection<Event extends EventShape>(
  client: Client<Event>,
  name: { readonly type: string; readonly id: string },
  streams: Streams,
  options: { readonly loadExisting: boolean; readonly signal?: AbortSignal | undefined },
): Promise<LoadedProjection<Event>> {
  const { loadExisting, signal } = options
  const load = (after?: Cursor) => client.load({ streams: streams as 'all', after, signal })
  const saved = loadExisting ? await client.getProjection(name) : undefined
  try {
    return { saved, ...(await load(saved?.cursor)) }
  } catch (error) {
    if (!isEventfoldError(error, 'CONFLICT') || error.conflict.reason !== 'rewound') throw error
    return { saved: undefined, ...(await load()) }
  }
}
