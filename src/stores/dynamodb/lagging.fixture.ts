import { setTimeout as delay } from 'node:timers/promises'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { testClient } from './engine.fixture.ts'
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
export function laggingClients(milliseconds = 6): () => DynamoDBDocumentClient {
  const hidden = new Map<string, number>()
  const nameOf = (item: Item | undefined): string => `${item?.['_pk']?.S}\0${item?.['_sk']?.S}`
  let turn = 0
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
      turn += 1
      // Sometimes all of them, sometimes all but the last ones, sometimes only one in the middle.
      const late = events
        .filter((_, index) => turn % 3 === 0 || (index + turn) % 2 === 0)
        .map(nameOf)
      for (const key of late) hidden.set(key, (hidden.get(key) ?? 0) + 1)
      try {
        const answer = await send(command, ...rest)
        await delay(Math.random() * milliseconds)
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
