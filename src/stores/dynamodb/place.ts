import type { StoredEvent } from '../../event/event.ts'
import { LimitError } from '../../store/errors.ts'
import { positionOf, type At } from './clock.ts'
import { headedOf, type DraftEvent } from './draft.ts'
import type { HeadChanges } from './head-change.ts'
import { eventAttributes, typeAttribute, type EventItem, type IdItem } from './items.ts'
import { idKey, MOST_VERSIONS, versionKey, type ItemKey } from './keys.ts'

/** An event with its place. */
export interface Placed {
  readonly draft: DraftEvent
  readonly at: At
  readonly stored: StoredEvent
  /** The copy that is the event itself. */
  readonly home: ItemKey
}

/** Gives an event its place, its id and its version, and moves its heads there. */
export function place(draft: DraftEvent, at: At, heads: HeadChanges, timestamp: string): Placed {
  const { event, isNamed, aggregatePk } = draft
  const { type, data, metadata, aggregate } = event
  const id = isNamed ? event.id : at
  for (const pk of headedOf(draft)) {
    const head = heads.of(pk)
    head.at = at
    head.count += 1
    head.types.set(typeAttribute(type), at)
  }
  const version = aggregatePk === undefined ? undefined : heads.nextVersion(aggregatePk)
  if (version !== undefined && version > MOST_VERSIONS) {
    throw new LimitError('the version of an aggregate', version, MOST_VERSIONS, 'events')
  }
  if (aggregate && aggregatePk !== undefined) {
    heads.of(aggregatePk).rest = {
      aggregateType: aggregate.type,
      aggregateId: aggregate.id,
      lastEventId: id,
      updatedAt: timestamp,
    }
  }
  return {
    draft,
    at,
    stored: {
      id,
      type,
      data,
      metadata,
      position: positionOf(at),
      timestamp,
      ...(aggregate && version !== undefined && { aggregate: { ...aggregate, version } }),
    },
    home: partitionsOf(draft, at, version)[0] ?? idKey(id),
  }
}

/** The copies of an event, the event itself first. */
export function copiesOf({ draft, at, stored, home }: Placed): EventItem[] {
  const version = stored.aggregate?.version
  const { id, timestamp } = stored
  const attributes = eventAttributes({ ...draft.event, id }, { at, timestamp, version })
  const [, ...others] = partitionsOf(draft, at, version)
  return [
    { ...home, itemType: 'event', ...attributes, byType: stored.type },
    ...others.map((key): EventItem => ({ ...key, itemType: 'copy', ...attributes })),
  ]
}

/** What keeps a given id to itself; `undefined` where the event lives there, or the id is its place. */
export function idItemOf({ draft, stored, home }: Placed): IdItem | undefined {
  const key = idKey(stored.id)
  if (!draft.isNamed || home.pk === key.pk) return undefined
  return { ...key, itemType: 'id', eventPk: home.pk, eventSk: home.sk }
}

function partitionsOf(
  { aggregatePk, keyPks, plainPks }: DraftEvent,
  at: At,
  version: number | undefined,
): ItemKey[] {
  return [
    ...(aggregatePk !== undefined && version !== undefined
      ? [{ pk: aggregatePk, sk: versionKey(version) }]
      : []),
    ...[...keyPks, ...plainPks].map((pk) => ({ pk, sk: at })),
  ]
}
