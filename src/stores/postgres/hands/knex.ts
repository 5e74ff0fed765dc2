import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run } from '../hand.ts'
import { hasMethods } from './has-methods.ts'
import { lending, type Lent } from './lending.ts'
import { inTurn } from './turns.ts'

/** What is used of an answer. */
interface KnexAnswerLike {
  readonly response: { readonly rows: readonly Row[] }
}

/** What is used of the client in a `knex` and in its transactions. */
export interface KnexClientLike {
  readonly dialect: string
  acquireConnection(): Promise<object>
  releaseConnection(connection: object): Promise<unknown>
  query(connection: object, query: object): Promise<KnexAnswerLike>
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
  return { pool: client, procedures: true, ...lending(() => lend(client)), within: withinKnex }
}

function withinKnex(transaction: unknown): Run {
  const { client, isTransaction } = Object(transaction) as Partial<KnexLike>
  if (!isTransaction || !hasMethods(client, 'query')) {
    throw new ArgumentError('within wants the transaction that knex.transaction gives')
  }
  return inTurn(client, async (sent) => runOn(client, await client.acquireConnection())(sent))
}

async function lend(client: KnexClientLike): Promise<Lent> {
  const connection = await client.acquireConnection()
  const giveBack = (broken: unknown): unknown => {
    // As Knex itself does: a connection with this mark is destroyed when it is next asked for.
    if (broken !== undefined) Object.assign(connection, { __knex__disposed: broken })
    return client.releaseConnection(connection)
  }
  return { run: runOn(client, connection), giveBack }
}

/**
 * Values go to the driver as options, not as bindings: Knex would write them into the message of an
 * error, however large, and a repeated `$1` would be sent twice.
 */
function runOn(client: KnexClientLike, connection: object): Run {
  return async ({ text, ...options }) => {
    const sql = text.replaceAll('?', String.raw`\?`)
    try {
      const { response } = await client.query(connection, { sql, bindings: [], options })
      return response.rows
    } catch (error) {
      // Knex begins the message with the whole statement.
      if (error instanceof Error) error.message = error.message.replace(`${text} - `, '')
      throw error
    }
  }
}
