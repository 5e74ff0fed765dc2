import type { VersionedSchema } from './definition.ts'
import type { StoredEvent } from './event.ts'

/**
 * Brings the data of a stored event to the version of its definition, one upcaster after the other.
 * Throws where a step is missing or fails, and for an event of a version newer than the definition.
 * The event that it is given stays as it is, unless an upcaster changes the data in place.
 */
export function upcast(event: StoredEvent, definition: VersionedSchema): StoredEvent {
  const target = definition.version ?? 1
  let version: unknown = event.metadata.schemaVersion ?? 1
  if (version === target) return event
  if (!isVersion(version)) {
    throw new Error(`its metadata has the schemaVersion ${JSON.stringify(version)}, which is none`)
  }
  if (version > target) {
    throw new Error(
      `it has schema version ${version}, the definition has ${target}: a newer version of this ` +
        'application wrote it; update this one',
    )
  }
  let { data } = event
  for (; version < target; version += 1) data = step(definition, version, data)
  return { ...event, data, metadata: { ...event.metadata, schemaVersion: target } }
}

function isVersion(version: unknown): version is number {
  return Number.isSafeInteger(version) && (version as number) >= 1
}

function step({ upcasters }: VersionedSchema, version: number, data: unknown): unknown {
  const upcaster = upcasters?.[version]
  if (upcaster === undefined) {
    throw new Error(`there is no upcaster from version ${version}: add upcasters[${version}]`)
  }
  let next: unknown
  try {
    next = upcaster(data as Record<string, unknown>)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`the upcaster from version ${version} failed: ${reason}`, { cause })
  }
  if (next !== undefined && !(next instanceof Promise)) return next
  const what = next === undefined ? 'nothing' : 'a promise'
  throw new Error(`the upcaster from version ${version} returned ${what}: return the new data`)
}
