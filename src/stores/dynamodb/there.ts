import { setTimeout as delay } from 'node:timers/promises'
import type { Access } from './access.ts'
import type { Item } from './items.ts'
import type { ItemKey } from './keys.ts'

/** Milliseconds before each further look. */
const PAUSES = [10, 30, 90, 270]

/**
 * Items of a transaction of which something was seen. It becomes visible item by item: what is missing is
 * looked for a while.
 */
export async function whenThere(
  keys: readonly ItemKey[],
  { table }: Access,
): Promise<(Item | undefined)[]> {
  let items = await table.getAll(keys)
  for (const pause of PAUSES) {
    if (items.every(Boolean)) break
    await delay(pause)
    items = await table.getAll(keys)
  }
  return items
}
