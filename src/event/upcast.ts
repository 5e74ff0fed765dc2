import type { VersionedSchema } from './definition.ts'
import type { StoredEvent } from './event.ts'

/**
 * Brings the data of a stored event to the version of its definition. Throws where a step is
 * missing or fails, and for an event of a version newer than the definition.
 */
export function upcast(event: StoredEvent, definition: VersionedSchema): StoredEvent {
  const target = definition.version ?? 1
  let version = event.metadata.schemaVersion ?? 1
  if (version === target) return event
  if (version > target) {
    throw new Error(
      `it has schema version ${version}, the definition has ${target}: update this code`,
    )
  }
  let data: unknown = event.data
  for (; version < target; version += 1) {
    const step = definition.upcasters?.[version]
    if (step === undefined) throw new Error(`there is no upcaster from version ${version}`)
    data = step(data as Record<string, unknown>)
  }
  return { ...event, data, metadata: { ...event.metadata, schemaVersion: target } }
}
