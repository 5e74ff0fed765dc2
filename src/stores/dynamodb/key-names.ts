import { ArgumentError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import type { AnswerItem, DocumentItem, EventItem, HeadItem, IdItem, OutboxItem } from './items.ts'
import type { KeyNames } from './table.ts'

type NamesOf<Kind> = Kind extends unknown ? Exclude<keyof Kind, 'pk' | 'sk' | `#${string}`> : never
type Taken = NamesOf<AnswerItem | DocumentItem | EventItem | HeadItem | IdItem | OutboxItem>

/** What items have beside their key. The compiler knows when one is missing here. */
const TAKEN: Readonly<Record<Taken, true>> = {
  aggregateId: true,
  aggregateType: true,
  at: true,
  byType: true,
  count: true,
  currentVersion: true,
  cursor: true,
  data: true,
  documents: true,
  eventAt: true,
  eventId: true,
  eventMetadata: true,
  eventPk: true,
  eventSk: true,
  eventType: true,
  events: true,
  expires: true,
  fingerprint: true,
  id: true,
  itemType: true,
  metadata: true,
  order: true,
  orderKey: true,
  revision: true,
  timestamp: true,
  type: true,
  updatedAt: true,
  version: true,
}

/** Throws `INVALID_ARGUMENT` where a key would have the name of another attribute. */
export function checkKeyNames(names: KeyNames): void {
  const { pk, sk } = names
  const isName = (name: unknown): boolean =>
    typeof name === 'string' && name !== '' && !name.startsWith('#') && !Object.hasOwn(TAKEN, name)
  if (isName(pk) && isName(sk) && pk !== sk) return
  throw new ArgumentError(
    `keyNames: expected two different names that no other attribute has, found ${show(names)}. ` +
      `Taken are ${Object.keys(TAKEN).join(', ')}, and what begins with #.`,
  )
}
