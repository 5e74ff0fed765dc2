import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** What some work asked of DynamoDB, and what DynamoDB says that it costs. */
export interface Cost {
  /** The names of the requests, in their order. */
  readonly requests: readonly string[]
  /** Write units of the table itself. */
  readonly writes: number
  /** Write units of its indexes. */
  readonly index: number
  readonly reads: number
}

interface Answered {
  readonly output: { readonly ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[] }
}
type Next = (args: { readonly input: object }) => Promise<Answered>

const READS = /^(?:Get|BatchGet|Query|Scan)/u

/** Counts all requests of a client from now on; resolves with those that were made during the work. */
export function meter(
  client: DynamoDBDocumentClient,
): (work: () => Promise<unknown>) => Promise<Cost> {
  let requests: string[] = []
  let sum = { writes: 0, index: 0, reads: 0 }
  const count = (next: Next, { commandName = '' }: { readonly commandName?: string }) => {
    return async (args: { readonly input: object }) => {
      const name = commandName.replace(/Command$/u, '')
      requests.push(name)
      const input = { ...args.input, ReturnConsumedCapacity: 'INDEXES' }
      const answer = await next({ ...args, input })
      for (const capacity of [answer.output.ConsumedCapacity ?? []].flat()) {
        const { CapacityUnits: all = 0, GlobalSecondaryIndexes: indexes = {} } = capacity
        const index = Object.values(indexes).reduce(
          (units, it) => units + (it.CapacityUnits ?? 0),
          0,
        )
        if (READS.test(name)) sum.reads += all
        else sum = { ...sum, writes: sum.writes + all - index, index: sum.index + index }
      }
      return answer
    }
  }
  client.middlewareStack.add(count as never, { step: 'initialize', name: 'countCapacity' })
  return async (work) => {
    requests = []
    sum = { writes: 0, index: 0, reads: 0 }
    await work()
    return { requests: [...requests], ...sum }
  }
}

const ORDER = ['BatchGetItem', 'Query', 'GetItem', 'PutItem']

/** Requests in short: `BatchGetItem, 2 Query`. */
export function requestsText(requests: Cost['requests']): string {
  const counts = new Map<string, number>()
  // Of those that are sent at once nobody knows which goes first.
  for (const name of [...ORDER, ...requests]) {
    const count = requests.filter((request) => request === name).length
    if (count > 0) counts.set(name, count)
  }
  return [...counts].map(([name, count]) => (count > 1 ? `${count} ${name}` : name)).join(', ')
}
