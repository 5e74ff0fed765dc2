import type { Identifiers } from '../../event/identifiers.ts'
import { StoreError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import type { Item } from './items.ts'
import { LOG } from './keys.ts'
import type { Table } from './table.ts'

const VERSION = 1

/** How the events of a table are filed: said by the table itself, once something is written. */
interface LogOptions {
  readonly identifiers: Identifiers
  readonly partitionKey: string | undefined
}

/** Looks whether the table is a log that is filed as this store files: once, as soon as it says so. */
export interface Ready {
  readonly forReading: () => Promise<void>
  /** Also writes down what the table is. */
  readonly forWriting: () => Promise<void>
}

export function readiness(table: Table, options: LogOptions, tableName: string): Ready {
  const filing = JSON.stringify([[...options.identifiers].sort(), options.partitionKey ?? null])
  const check = (item: Item | undefined): boolean => {
    if (!item) return false
    const { version, filing: stored } = item as { version?: unknown; filing?: unknown }
    if (version !== VERSION) {
      throw new StoreError(
        typeof version === 'number' ? 'newer-version' : 'not-a-log',
        `The table ${tableName} has a log of version ${show(version)}, this is ${VERSION}. Use the release of eventfold that wrote it, or a newer one.`,
      )
    }
    if (stored !== filing) {
      throw new StoreError(
        'identifiers',
        `The table ${tableName} is filed by [identifiers, partitionKey] = ${String(stored)}, the store was opened with ${filing}. Open it with the same, or copy its events into another table.`,
      )
    }
    return true
  }
  let reading: Promise<boolean> | undefined
  let writing: Promise<void> | undefined
  const forReading = (): Promise<boolean> => {
    if (reading) return reading
    const look = table.get(LOG).then(check)
    const forget = (): void => {
      if (reading === look) reading = undefined
    }
    reading = look
    // As long as nothing is there, another process may still say how it files.
    look.then((isThere) => isThere || forget(), forget)
    return look
  }
  const write = async (): Promise<void> => {
    if (await forReading()) return
    const item = { ...LOG, itemType: 'log', version: VERSION, filing }
    const isNew = await table.put(item, {
      text: 'attribute_not_exists(#kind)',
      names: { '#kind': 'itemType' },
      values: {},
    })
    if (!isNew) check(await table.get(LOG))
    reading = Promise.resolve(true)
  }
  return {
    forReading: async () => {
      await forReading()
    },
    forWriting: () => {
      writing ??= write()
      writing.catch(() => (writing = undefined))
      return writing
    },
  }
}
