import { BatchGetItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { createCalls, textOf, unique, type CallOptions } from './calls.ts'
import type { Item } from './items.ts'
import { BY_TYPE } from './table-shape.ts'
import type { Range, Table } from './table.ts'

const MOST_KEYS = 100

export function createReads(options: CallOptions): Pick<Table, 'get' | 'getAll' | 'query'> {
  const { tableName: TableName } = options
  const { encoding, call, batches } = createCalls(options)
  return {
    get: async (key, signal) => {
      const { Item: found } = await call(
        { what: 'read', signal },
        () => new GetItemCommand({ TableName, Key: encoding.key(key), ConsistentRead: true }),
      )
      return found && encoding.decode(found)
    },

    getAll: async (keys, signal) => {
      const trial = { what: 'read', signal } as const
      const found = new Map<string, Item>()
      const wanted = unique(keys).map(encoding.key)
      await batches(trial, wanted, MOST_KEYS, async (Keys) => {
        const RequestItems = { [TableName]: { Keys: [...Keys], ConsistentRead: true } }
        const answer = await call(trial, () => new BatchGetItemCommand({ RequestItems }))
        for (const stored of answer.Responses?.[TableName] ?? []) {
          const item = encoding.decode(stored)
          found.set(textOf(item), item)
        }
        return answer.UnprocessedKeys?.[TableName]?.Keys ?? []
      })
      return keys.map((key) => found.get(textOf(key)))
    },

    async *query(range, signal) {
      if (isEmpty(range)) return
      const { pk, from, to, byType = false } = range
      const [hash, order] = byType ? [BY_TYPE.pk, BY_TYPE.sk] : ['pk', 'sk']
      // No value of a key is empty, and DynamoDB refuses to hear of one.
      const names = { '#pk': hash, '#sk': order }
      const values = { ':pk': pk, ':to': to, ...(from && { ':from': from }) }
      const input = {
        TableName,
        ...(byType ? { IndexName: BY_TYPE.name } : { ConsistentRead: true }),
        KeyConditionExpression: `#pk = :pk and #sk ${from ? 'between :from and' : '<='} :to`,
        ...encoding.names({ names, values }),
        ScanIndexForward: !range.backwards,
        Limit: range.limit,
      }
      let next: object | undefined
      do {
        const ExclusiveStartKey = next as never
        const { Items = [], LastEvaluatedKey } = await call(
          { what: 'read', signal },
          () => new QueryCommand({ ...input, ExclusiveStartKey }),
        )
        yield Items.map(encoding.decode)
        next = LastEvaluatedKey
      } while (next)
    },
  }
}

/** Whether nothing can be in a range, which DynamoDB would refuse. It compares bytes. */
function isEmpty({ from, to }: Range): boolean {
  return to === '' || Buffer.compare(Buffer.from(from), Buffer.from(to)) > 0
}
