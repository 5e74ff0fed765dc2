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
  /** By id. That of several commits may be one that the application gave. */
  const remembered = new Map<string, readonly string[]>()
  const remember = ({ id, sk }: OutboxItem): void => {
    const places = remembered.get(id) ?? []
    remembered.delete(id)
    remembered.set(id, places.includes(sk) ? places : [...places, sk])
    if (remembered.size <= MOST_REMEMBERED) return
    for (const [oldest] of remembered) {
      remembered.delete(oldest)
      return
    }
  }

  /** Pages from a place on. */
  async function* pages(from: string, limit?: number): AsyncGenerator<readonly OutboxItem[]> {
    const range = { pk: OUTBOX, from, to: LAST, limit }
    for await (const items of table.query(range)) yield items as unknown as readonly OutboxItem[]
  }

  /**
   * The places of the records with these ids: those that were read here, or else all. One that came later
   * with the same id is left, to be read and removed in its turn.
   */
  const placesOf = async (ids: ReadonlySet<string>): Promise<string[]> => {
    const places: string[] = []
    const unknown = new Set<string>()
    for (const id of ids) {
      const known = remembered.get(id)
      if (known) places.push(...known)
      else unknown.add(id)
    }
    if (unknown.size === 0) return places
    for await (const items of pages(FIRST)) {
      for (const { id, sk } of items) if (unknown.has(id)) places.push(sk)
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
      for (const id of ids) remembered.delete(id)
    },
  }
}

function isPlace(text: unknown): text is string {
  return typeof text === 'string' && isAt(text.slice(0, 26)) && /^#\d{3}$/u.test(text.slice(26))
}
