import type { DynamoClient } from './client.ts'
import type { Attributes, Item } from './items.ts'
import { checkKeyNames } from './key-names.ts'
import type { ItemKey } from './keys.ts'
import { PATIENCE } from './retry.ts'
import { createReads } from './table-reads.ts'
import { createWrites } from './table-writes.ts'

/** What a table calls the two parts of its key. */
export interface KeyNames {
  readonly pk: string
  readonly sk: string
}

/** Where a query is, and which way it goes. Both ends of the range are inclusive. */
export interface Range {
  readonly pk: string
  readonly from: string
  readonly to: string
  readonly backwards?: boolean | undefined
  /** How many items a page has at most. Default is what fits into 1 MB. */
  readonly limit?: number | undefined
  /** By event type and place, in the index of types, which follows the table soon. */
  readonly byType?: boolean | undefined
}

/** One step of a transaction. */
export type Write =
  | { readonly put: Item; readonly condition?: Expression | undefined }
  | { readonly update: ItemKey; readonly expression: string; readonly condition: Expression }
  | { readonly check: ItemKey; readonly condition: Expression }

/**
 * A text with `#name` and `:value` in it, and what they stand for. The names `pk` and `sk` stand for
 * what the table calls them.
 */
export interface Expression {
  readonly text: string
  readonly names: Readonly<Record<string, string>>
  readonly values: Attributes
}

/** Why a transaction was refused: for each write the item that did not meet its condition. */
export interface Refused {
  readonly refused: ReadonlyMap<number, Item | undefined>
}

/**
 * A table as this store uses it: the statements, and nothing else. Throttling and conflicts are tried
 * again here; what remains is thrown as `STORE`. Reads are consistent, but for the index of types.
 */
export interface Table {
  readonly get: (key: ItemKey, signal?: AbortSignal) => Promise<Item | undefined>
  /** Any number, in the order of the keys. */
  readonly getAll: (keys: readonly ItemKey[], signal?: AbortSignal) => Promise<(Item | undefined)[]>
  /** Pages of a range. A page may be empty. */
  readonly query: (range: Range, signal?: AbortSignal) => AsyncIterable<readonly Item[]>
  /** All or nothing. Resolves with `undefined` where it was written; throws where nobody can tell. */
  readonly transact: (
    writes: readonly Write[],
    signal?: AbortSignal,
  ) => Promise<Refused | undefined>
  /** Resolves with whether the item is there now as it was given. */
  readonly put: (item: Item, condition?: Expression) => Promise<boolean>
  readonly remove: (keys: readonly ItemKey[]) => Promise<void>
}

export interface TableOptions {
  readonly client: DynamoClient
  readonly tableName: string
  readonly keyNames: KeyNames
  /** How long a call is tried again, in milliseconds. Default is 10 000. */
  readonly patience?: number | undefined
}

export function openTable({ patience = PATIENCE, ...options }: TableOptions): Table {
  checkKeyNames(options.keyNames)
  return { ...createReads({ ...options, patience }), ...createWrites({ ...options, patience }) }
}

/** The item that a write is about. */
export function keyOfWrite(write: Write): ItemKey {
  if ('put' in write) return write.put
  return 'update' in write ? write.update : write.check
}
