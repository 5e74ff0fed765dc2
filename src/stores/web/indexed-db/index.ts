/** A log in IndexedDB. @module */
import {
  DEFAULT_IDENTIFIERS,
  identifierTest,
  type Identifiers,
} from '../../../event/identifiers.ts'
import {
  filled,
  is,
  object,
  oneOf,
  optional,
  whole,
  type Check,
} from '../../../store/check-value.ts'
import { dateCodec, type JsonCodec } from '../../../store/json.ts'
import type { EventStore } from '../../../store/store.ts'
import { acrossTabs } from '../changes.ts'
import { sharedOptions } from '../check-options.ts'
import { createCombiner } from './combiner.ts'
import { createDatabase } from './database.ts'
import { identifiersText } from './schema.ts'
import { capabilities, createStore } from './store.ts'

export { reindexIndexedDB, type ReindexOptions } from './reindex.ts'

export interface IndexedDBOptions {
  /** The name of the database, which the log has for itself. */
  readonly name: string
  /** Which keys of `data` are identifiers. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers | undefined
  /** How data becomes text. Default is `dateCodec`: JSON in which dates come back as dates. */
  readonly codec?: JsonCodec | undefined
  /**
   * `'strict'`: a commit that was answered survives a loss of power. `'relaxed'`: it survives the end of
   * the browser, and the last ones may be lost with the power. Default is `'strict'`.
   */
  readonly durability?: 'strict' | 'relaxed' | undefined
  /** How long a call waits for the database to open, in milliseconds. Default is 10,000. */
  readonly busyTimeout?: number | undefined
  /** How many commits may wait at once; one more is refused. Default is 10,000. */
  readonly queueLimit?: number | undefined
}

/** Refuses what plain JavaScript may give in the place of an option. */
const checkOptions: Check = object(
  { name: filled },
  {
    ...sharedOptions,
    durability: optional(oneOf('strict', 'relaxed')),
    busyTimeout: optional(whole),
    queueLimit: optional(
      is('a whole number from 1', (value) => Number.isSafeInteger(value) && Number(value) > 0),
    ),
  },
)

/**
 * Opens a log in IndexedDB, and makes the database where there is none: with the first call, so that a
 * store may be made anywhere. All tabs and workers of one origin may have it open at once.
 *
 * The calls throw `STORE` where the database cannot be used; `fault` says why. `'denied'`: the browser
 * lets this page store nothing. `'full'`: it gives no more room; nothing of the commit was written.
 * `'newer-version'`: a newer version of the application has it in another tab. `'busy'`: an older one
 * has, and does not let go. `'cleared'`: the user cleared it; open a new store. `'identifiers'`: it is
 * indexed by others, see {@link reindexIndexedDB}. `'not-a-log'`: it holds something else, or was damaged.
 *
 * ```ts
 * await using store = new IndexedDBEventStore({ name: 'orders' })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export function openIndexedDB(options: IndexedDBOptions): EventStore & AsyncDisposable {
  checkOptions(options, ['IndexedDBEventStore'])
  const { name, codec = dateCodec, durability = 'strict' } = options
  const { busyTimeout = 10_000, queueLimit = 10_000 } = options
  const { identifiers: given = DEFAULT_IDENTIFIERS } = options
  const identifiers = identifiersText(given)
  const source = { codec, isIdentifier: identifierTest(given) }
  const changes = acrossTabs(`eventfold/${name}`)
  const database = createDatabase({ name, identifiers, durability, busyTimeout }, true)
  const onWritten = changes.announce
  const combiner = createCombiner({ database, source, identifiers, queueLimit, onWritten })
  return createStore(
    { database, combiner, source, changes },
    { ...source, limits: capabilities.limits },
  )
}
