import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  BatchWriteItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  type AttributeValue,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb'
import type { Encoding } from './attributes.ts'
import { createCalls, unique, type CallOptions } from './calls.ts'
import { refusalOf, refusalsOf } from './errors.ts'
import type { Item } from './items.ts'
import type { Expression, Refused, Table, Write } from './table.ts'

const MOST_WRITES = 25

export function createWrites(options: CallOptions): Pick<Table, 'transact' | 'put' | 'remove'> {
  const { tableName: TableName } = options
  const { encoding, call, batches } = createCalls(options)
  const what = 'write to'
  return {
    transact: async (writes, signal) => {
      const TransactItems = writes.map((write) => stepOf(write, TableName, encoding))
      let ClientRequestToken = ''
      const answer = await call(
        { what, signal },
        (way) => {
          // By its token DynamoDB knows again what may have been written already. What was refused
          // for certain has left nothing behind, and begins anew.
          if (!way.isLost) ClientRequestToken = randomUUID()
          return new TransactWriteItemsCommand({ TransactItems, ClientRequestToken })
        },
        (error): Refused | undefined => {
          const refused = refusalsOf(error)
          if (!refused) return undefined
          const items = [...refused].map(([index, item]): [number, Item | undefined] => [
            index,
            item ? encoding.decode(item as Stored) : undefined,
          ])
          return { refused: new Map(items) }
        },
      )
      return 'refused' in answer ? answer : undefined
    },

    put: async (item, condition) => {
      const Item = encoding.item(item)
      const input = { TableName, Item, ...(condition && conditionOf(condition, encoding)) }
      const answer = await call(
        { what },
        () => new PutItemCommand(input),
        (error, { isLost }) => {
          const refusal = refusalOf(error)
          // Our own item may stand in the way: the answer to the first sending was lost.
          return refusal && { isPut: isLost && isDeepStrictEqual(refusal.item, Item) }
        },
      )
      return 'isPut' in answer ? answer.isPut : true
    },

    remove: async (keys) => {
      const requests = unique(keys).map((key) => ({ DeleteRequest: { Key: encoding.key(key) } }))
      await batches({ what }, requests, MOST_WRITES, async (batch) => {
        const RequestItems = { [TableName]: [...batch] }
        const answer = await call({ what }, () => new BatchWriteItemCommand({ RequestItems }))
        return (answer.UnprocessedItems?.[TableName] ?? []) as typeof requests
      })
    },
  }
}

type Stored = Readonly<Record<string, AttributeValue>>

function stepOf(write: Write, TableName: string, encoding: Encoding): TransactWriteItem {
  if ('put' in write) {
    const { put, condition } = write
    const Item = encoding.item(put)
    return { Put: { TableName, Item, ...(condition && conditionOf(condition, encoding)) } }
  }
  const condition = conditionOf(write.condition, encoding)
  if ('check' in write) {
    return { ConditionCheck: { TableName, Key: encoding.key(write.check), ...condition } }
  }
  const { update, expression: UpdateExpression } = write
  return { Update: { TableName, Key: encoding.key(update), UpdateExpression, ...condition } }
}

/** A condition that says what it has refused. */
function conditionOf(condition: Expression, encoding: Encoding) {
  return {
    ConditionExpression: condition.text,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ...encoding.names(condition),
  }
}
