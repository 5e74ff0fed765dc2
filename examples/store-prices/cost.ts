import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** What some work asked of DynamoDB, and what DynamoDB charges for it. */
export interface Cost {
  readonly requests: readonly string[]
  readonly writeUnits: number
  readonly readUnits: number
}

interface Answer {
  readonly output: { readonly ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[] }
}
type Next = (args: { readonly input: object }) => Promise<Answer>

/** DynamoDB says with each answer what it costs, where it is asked to. */
export function meter(
  client: DynamoDBDocumentClient,
): (work: () => Promise<unknown>) => Promise<Cost> {
  let answers: { readonly name: string; readonly units: number }[] = []
  const count = (next: Next, { commandName = '' }: { readonly commandName?: string }) => {
    return async (args: { readonly input: object }) => {
      const answer = await next({ input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } })
      const consumed = [answer.output.ConsumedCapacity ?? []].flat()
      const units = consumed.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
      answers.push({ name: commandName.replace('Command', ''), units })
      return answer
    }
  }
  client.middlewareStack.add(count as never, { step: 'initialize', name: 'countUnits' })
  return async (work) => {
    answers = []
    await work()
    const unitsOf = (isRead: boolean) =>
      answers
        .filter(({ name }) => /^(?:Get|BatchGet|Query)/.test(name) === isRead)
        .reduce((sum, { units }) => sum + units, 0)
    const requests = answers.map(({ name }) => name)
    return { requests, writeUnits: unitsOf(false), readUnits: unitsOf(true) }
  }
}
