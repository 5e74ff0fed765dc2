import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run } from '../hand.ts'
import { borrowing, inTurn } from './connections.ts'

/** What is used of the client in a `knex` and in its transactions. */
export interface KnexClientLike {
  readonly dialect: string
  acquireConnection(): Promise<object>
  releaseConnection(connection: object): Promise<unknown>
  query(connection: object, query: object): Promise<unknown>
}

/** What is used of a `knex`, or of a transaction of one. */
export interface KnexLike {
  readonly client: KnexClientLike
  readonly isTransaction?: boolean | undefined
}

/**
 * PostgreSQL through Knex with `client: 'pg'`. `store.within` takes what `knex.transaction` gives. Its
 * hooks that rename columns (`postProcessResponse`, `wrapIdentifier`) do not touch what the store does.
 *
 * ```ts
 * import { fromKnex, migrate, openPostgres } from 'eventfold/postgres'
 * import knex from 'knex'
 *
 * const db = knex({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' })
 * await migrate(fromKnex(db))
 * await using store = openPostgres({ pool: fromKnex(db) })
 * await db.transaction(async (trx) => {
 *   await store.within(trx).commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * })
 * await db.destroy()
 * ```
 */
export function fromKnex(knex: KnexLike): PostgresHand {
  const { client } = knex
  if (client.dialect !== 'postgresql') {
    throw new ArgumentError(
      `Knex is configured for ${client.dialect}: the store wants client: 'pg'`,
    )
  }
  if (knex.isTransaction) {
    throw new ArgumentError(
      'this is a transaction of Knex: use the knex itself, and within(transaction)',
    )
  }
  return {
    pool: client,
    procedures: true,
    ...borrowing({
      acquire: () => client.acquireConnection(),
      runOn: (connection) => (statement) => send(client, connection, statement),
      release: (connection, broken) => {
        // As Knex itself does: a connection with this mark is destroyed when it is next asked for.
        if (broken) Object.assign(connection, { __knex__disposed: broken })
        return client.releaseConnection(connection)
      },
    }),
    within: (transaction) => {
      if (!isTransaction(transaction)) {
        throw new ArgumentError('within wants the transaction that knex.transaction gives')
      }
      const inside = transaction.client
      return inTurn(async (statement) => send(inside, await inside.acquireConnection(), statement))
    },
  }
}

function isTransaction(value: unknown): value is KnexLike {
  const { client, isTransaction: is } = Object(value) as Partial<KnexLike>
  return is === true && typeof client?.query === 'function'
}

/**
 * Values go to the driver as options, not as bindings: Knex would write them into the message of an
 * error, however large, and a repeated `$1` would be sent twice.
 */
async function send(
  client: KnexClientLike,
  connection: object,
  { name, text, values }: Parameters<Run>[0],
): Promise<readonly Row[]> {
  const options = {
    ...(name === undefined ? undefined : { name }),
    ...(values && { values: [...values] }),
  }
  const query = { sql: text.replaceAll('?', String.raw`\?`), bindings: [], options }
  try {
    const { response } = (await client.query(connection, query)) as {
      readonly response: { readonly rows: readonly Row[] }
    }
    return response.rows
  } catch (error) {
    throw withoutStatement(error, text)
  }
}

/** Knex begins the message with the whole statement. */
function withoutStatement(error: unknown, text: string): unknown {
  const prefix = `${text} - `
  if (error instanceof Error && error.message.startsWith(prefix)) {
    error.message = error.message.slice(prefix.length)
  }
  return error
}
