import { DescribeTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb'
import { isEventfoldError } from '../../store/errors.ts'
import { createEncoding, type Encoding } from './attributes.ts'
import { send, type Command, type DynamoClient, type Way } from './client.ts'
import { isOtherKeys, leftOver, otherKeys, type Call } from './errors.ts'
import type { ItemKey } from './keys.ts'
import { createPauses, untilAnswered, type Trial } from './retry.ts'
import { shapeOf } from './table-shape.ts'
import type { KeyNames } from './table.ts'

export interface CallOptions {
  readonly client: DynamoClient
  readonly tableName: string
  readonly keyNames: KeyNames
  readonly patience: number
}

/** How the statements of a table are sent. */
export interface Calls {
  readonly encoding: Encoding
  /** A command anew for each try; `answered` says what an error is an answer to. */
  readonly call: <Output, Answer = Output>(
    trial: { readonly what: Call['what']; readonly signal?: AbortSignal | undefined },
    command: (way: Way) => Command<Output>,
    answered?: (error: unknown, way: Way) => Answer | undefined,
  ) => Promise<Output | Answer>
  /** Batches, each until nothing of it is left over. */
  readonly batches: <Entry>(
    trial: { readonly what: Call['what']; readonly signal?: AbortSignal | undefined },
    entries: readonly Entry[],
    size: number,
    handle: (batch: readonly Entry[]) => Promise<readonly Entry[]>,
  ) => Promise<void>
}

export function createCalls({ client, ...options }: CallOptions): Calls {
  /** An error about the key says what the table has, where one is allowed to look. */
  const explain = async (error: unknown, call: Call): Promise<unknown> => {
    if (!isEventfoldError(error) || !isOtherKeys(error.cause)) return error
    const table = await describe(client, options.tableName).catch(() => undefined)
    const found = table && keyText(table)
    return found === keyText(shapeOf(options)) ? error : otherKeys(call, found, error.cause)
  }
  return {
    encoding: createEncoding(options.keyNames),
    call: async (what, command, answered) => {
      const trial: Trial = { ...options, ...what }
      try {
        return await untilAnswered(trial, async (way) => {
          try {
            return await send(client, command(way), way, trial.signal)
          } catch (error) {
            const answer = answered?.(error, way)
            if (answer === undefined) throw error
            return answer
          }
        })
      } catch (error) {
        throw await explain(error, trial)
      }
    },
    batches: async (what, entries, size, handle) => {
      const trial: Trial = { ...options, ...what }
      const runs: Promise<void>[] = []
      for (let at = 0; at < entries.length; at += size) {
        runs.push(untilDone(trial, entries.slice(at, at + size), handle))
      }
      await Promise.all(runs)
    },
  }
}

async function untilDone<Entry>(
  trial: Trial,
  entries: readonly Entry[],
  handle: (batch: readonly Entry[]) => Promise<readonly Entry[]>,
): Promise<void> {
  let pauses = createPauses(trial)
  for (let rest = entries; rest.length > 0;) {
    const left = await handle(rest)
    if (left.length === 0) return
    if (left.length < rest.length) pauses = createPauses(trial)
    if (!(await pauses.next())) throw leftOver(trial, left.length)
    rest = left
  }
}

export async function describe(client: DynamoClient, tableName: string): Promise<TableDescription> {
  const command = new DescribeTableCommand({ TableName: tableName })
  const { Table = {} } = await send(client, command, { isSent: false, isLost: false })
  return Table
}

/** The key of a table, as messages say it. */
export function keyText({
  KeySchema = [],
  AttributeDefinitions = [],
}: Pick<TableDescription, 'KeySchema' | 'AttributeDefinitions'>): string {
  const parts = KeySchema.map(({ AttributeName: name }) => {
    const type = AttributeDefinitions.find((it) => it.AttributeName === name)?.AttributeType
    return type === 'S' ? String(name) : `${name} (of type ${type})`
  })
  return parts.join(' and ')
}

/** Each key once. */
export function unique(keys: readonly ItemKey[]): ItemKey[] {
  return [...new Map(keys.map((key) => [textOf(key), key])).values()]
}

export function textOf({ pk, sk }: ItemKey): string {
  return JSON.stringify([pk, sk])
}
