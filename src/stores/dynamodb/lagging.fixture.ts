import { setTimeout as delay } from 'node:timers/promises'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { testClient } from './engine.fixture.ts'
import { createRandom } from './faults.fixture.ts'
import { OUTBOX } from './keys.ts'

type Attribute = { readonly S?: string }
type Item = Readonly<Record<string, Attribute>>

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: {
    readonly TransactItems?: readonly { readonly Put?: { readonly Item: Item } }[]
  }
}

/**
 * Clients of a table whose transactions become visible item by item, as in DynamoDB: for a moment the
 * heads are there, and some of the events and outbox records are not yet, also for consistent queries.
 * They are all there when the writer has its answer.
 */
export function laggingClients(milliseconds = 6, seed = 1): () => DynamoDBDocumentClient {
  const random = createRandom(seed)
  const hidden = new Map<string, number>()
  const nameOf = (item: Item | undefined): string => `${item?.['_pk']?.S}\0${item?.['_sk']?.S}`
  return () => {
    const client = testClient()
    const send = client.send.bind(client) as (...args: unknown[]) => Promise<{ Items?: Item[] }>
    const lagging = async (command: Command, ...rest: unknown[]): Promise<unknown> => {
      const { name } = command.constructor
      if (name.startsWith('Query')) {
        const answer = await send(command, ...rest)
        return { ...answer, Items: answer.Items?.filter((item) => !hidden.has(nameOf(item))) }
      }
      if (!name.startsWith('TransactWrite')) return send(command, ...rest)
      const events = (command.input.TransactItems ?? [])
        .map(({ Put }) => Put?.Item)
        .filter((item) => item?.['at'] || item?.['_pk']?.S === OUTBOX)
      // Sometimes all of them; else each for itself, also one in the middle of a partition.
      const share = [1, 0.5, 0.2][Math.floor(random() * 3)] ?? 1
      const late = events.filter(() => random() < share).map(nameOf)
      for (const key of late) hidden.set(key, (hidden.get(key) ?? 0) + 1)
      try {
        const answer = await send(command, ...rest)
        await delay(random() * milliseconds)
        return answer
      } finally {
        for (const key of late) {
          const count = (hidden.get(key) ?? 1) - 1
          if (count > 0) hidden.set(key, count)
          else hidden.delete(key)
        }
      }
    }
    return Object.assign(client, { send: lagging })
  }
}
