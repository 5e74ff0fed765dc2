import { identifierTest, type Identifiers } from '../../event/identifiers.ts'
import { filled, is, list, object, optional, type Check } from '../../store/check-value.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import type { EventStore } from '../../store/store.ts'
import { createClock } from './clock.ts'
import type { DynamoClient } from './client.ts'
import { checkKeyNames } from './key-names.ts'
import { readiness } from './ready.ts'
import { createStore } from './store.ts'
import { KEY_NAMES } from './table-shape.ts'
import { openTable, type KeyNames } from './table.ts'
import { Versions } from './versions.ts'

export interface DynamoOptions {
  /** A `DynamoDBDocumentClient`, or a `DynamoDBClient`, of the AWS SDK v3. */
  readonly client: DynamoClient
  /** The table, which `createTable` or your own deployment of `tableDefinition` has made. */
  readonly tableName: string
  /** What the table calls the two parts of its key. Default is `_pk` and `_sk`. */
  readonly keyNames?: KeyNames | undefined
  /**
   * Which keys of `data` are identifiers: events are filed under each of them, as copies that cost write
   * units, and conditions guard them. Default is every key that ends in `_id`. Recorded in the table.
   */
  readonly identifiers?: Identifiers | undefined
  /**
   * An identifier that very many events share, such as the tenant's: it is read by, but it has no head
   * that every commit would have to write, so that conditions must name another identifier beside it.
   * Default is none. Recorded in the table.
   */
  readonly partitionKey?: string | undefined
  /** How data becomes text. Default is plain JSON, which refuses a `Date`; `dateCodec` brings dates back. */
  readonly codec?: JsonCodec | undefined
  /**
   * Seconds after which DynamoDB may delete records of the outbox: where a stream publishes them, nobody
   * else takes them out. Default is never.
   */
  readonly outboxExpiry?: number | undefined
  /** Seconds for which idempotency keys are remembered at least. Default is for ever. */
  readonly idempotencyExpiry?: number | undefined
}

/**
 * A log in one DynamoDB table. It keeps every law but those of a total order: an event is filed under
 * each of its identifiers, and the order and the conditions of each of them are exact. `'all'`, and
 * conditions on types alone, are refused with `UNSUPPORTED`. Reads are consistent, but for streams that
 * name neither an identifier nor an aggregate: those are read from an index that follows soon.
 *
 * ```ts
 * const store = new DynamoEventStore({ client, tableName: 'events' })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cart_id: 'cart_123' } }] })
 * ```
 */
export class DynamoEventStore<
  _State = unknown,
  _Inbound = unknown,
  _Outbound = unknown,
> implements EventStore {
  readonly capabilities: EventStore['capabilities']
  readonly commit: EventStore['commit']
  readonly load: EventStore['load']
  readonly read: EventStore['read']
  readonly documents: EventStore['documents']
  readonly outbox: EventStore['outbox']
  readonly close: EventStore['close']

  constructor(options: DynamoOptions) {
    checkOptions(options, ['DynamoEventStore'])
    const { client, tableName, keyNames = KEY_NAMES, partitionKey, codec = jsonCodec } = options
    const { identifiers = ['*_id'] } = options
    const table = openTable({ client, tableName, keyNames })
    const isIdentifier = identifierTest(
      partitionKey === undefined ? identifiers : [...identifiers, partitionKey],
    )
    const store = createStore(
      {
        table,
        codec,
        filing: { isIdentifier, partitionKey },
        clock: createClock(),
        versions: new Versions(),
        outboxSeconds: options.outboxExpiry,
        idempotencySeconds: options.idempotencyExpiry,
      },
      readiness(table, { identifiers, partitionKey }, tableName),
    )
    this.capabilities = store.capabilities
    this.commit = store.commit
    this.load = store.load
    this.read = store.read
    this.documents = store.documents
    this.outbox = store.outbox
    this.close = store.close
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const seconds = is('a number of seconds above 0', (value) => Number(value) > 0)
const callable = is('a function', (value) => typeof value === 'function')
const client = is(
  'a DynamoDBDocumentClient or a DynamoDBClient',
  (value) => typeof (value as { send?: unknown } | null)?.send === 'function',
)
const keyNames: Check = (value, path) => {
  object({ pk: filled, sk: filled })(value, path)
  checkKeyNames(value as KeyNames)
}

/** Refuses what plain JavaScript may give in the place of an option. */
function checkOptions(options: DynamoOptions, path: string[]): void {
  object(
    { client, tableName: filled },
    {
      keyNames,
      identifiers: optional(list(filled)),
      partitionKey: optional(filled),
      codec: optional(object({ encode: callable, decode: callable })),
      outboxExpiry: optional(seconds),
      idempotencyExpiry: optional(seconds),
    },
  )(options, path)
}
