import { checkIds } from '../../store/check-read.ts'
import { refuse } from '../../store/check-value.ts'
import type { Outbox, OutboxRecord } from '../../store/outbox.ts'
import { checkLimit } from '../../store/query-documents.ts'
import type { Access } from './access.ts'
import { isAt } from './clock.ts'
import { outboxRecordOf, type OutboxItem } from './items.ts'
import { OUTBOX } from './keys.ts'

const LARGEST_PAGE = 1000
const MOST_REMEMBERED = 10_000

/** Between them are all places of the outbox. */
const FIRST = '0'
const LAST = '8'

/** The outbox of a table, which remembers where the records are that were read lately. */
export function openOutbox({ table, codec }: Pick<Access, 'table' | 'codec'>): Outbox {
  const placeOf = new Map<string, string>()
  const remember = ({ id, sk }: OutboxItem): void => {
    placeOf.delete(id)
    placeOf.set(id, sk)
    if (placeOf.size <= MOST_REMEMBERED) return
    for (const [oldest] of placeOf) {
      placeOf.delete(oldest)
      return
    }
  }

  /** Pages from a place on. */
  async function* pages(from: string, limit?: number): AsyncGenerator<readonly OutboxItem[]> {
    const range = { pk: OUTBOX, from, to: LAST, limit }
    for await (const items of table.query(range)) yield items as unknown as readonly OutboxItem[]
  }

  /** The places of all records with these ids. */
  const placesOf = async (ids: ReadonlySet<string>): Promise<string[]> => {
    const places: string[] = []
    // An id that the store gave is on one record alone, one that the application gave perhaps on several.
    const unsure = new Set<string>()
    for (const id of ids) {
      const place = placeOf.get(id)
      if (place !== undefined && isAt(id)) places.push(place)
      else unsure.add(id)
    }
    if (unsure.size === 0) return places
    for await (const items of pages(FIRST)) {
      for (const { id, sk } of items) if (unsure.has(id)) places.push(sk)
    }
    return places
  }

  return {
    read: async ({ after, limit = 100 } = {}) => {
      checkLimit(limit)
      if (after !== undefined && !isPlace(after)) refuse(['after'], 'a cursor of the outbox', after)
      const records: OutboxRecord[] = []
      if (limit === 0) return records
      // The place after which to read comes again.
      const size = Math.min(limit + 1, LARGEST_PAGE)
      for await (const items of pages(after ?? FIRST, size)) {
        for (const item of items) {
          if (item.sk === after) continue
          remember(item)
          records.push(outboxRecordOf(item, codec))
          if (records.length === limit) return records
        }
      }
      return records
    },
    remove: async (ids) => {
      checkIds(ids)
      const places = await placesOf(new Set(ids))
      if (places.length > 0) await table.remove(places.map((sk) => ({ pk: OUTBOX, sk })))
      for (const id of ids) placeOf.delete(id)
    },
  }
}

function isPlace(text: unknown): text is string {
  return typeof text === 'string' && isAt(text.slice(0, 26)) && /^#\d{3}$/u.test(text.slice(26))
}
