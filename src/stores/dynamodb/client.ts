import { unsent } from './errors.ts'

/**
 * A client of the AWS SDK v3, with whatever settings: a `DynamoDBDocumentClient` or a `DynamoDBClient`.
 */
export interface DynamoClient {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
}

/** A command of the SDK, as far as it is used: what it is answered with, and what is run on its way. */
export interface Command<Output> {
  readonly middlewareStack: {
    add(
      middleware: never,
      options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
    ): void
  }
  resolveMiddleware(...args: never): (...args: never) => Promise<{ output: Output }>
}

/** What became of a command on its way; the client itself may have sent it several times. */
export interface Way {
  /** Whether it went out at all. */
  isSent: boolean
  /** Whether it went out and nobody knows what became of it. */
  isLost: boolean
}

/** Sends a command, and notes on `way` what became of it. */
export async function send<Output>(
  client: DynamoClient,
  command: Command<Output>,
  way: Way,
  abortSignal?: AbortSignal,
): Promise<Output> {
  type Next = (args: unknown) => Promise<{ readonly response?: { readonly statusCode?: number } }>
  const note = (next: Next) => async (args: unknown) => {
    way.isSent = true
    try {
      const result = await next(args)
      way.isLost ||= (result.response?.statusCode ?? 0) >= 500
      return result
    } catch (error) {
      way.isLost ||= !unsent(error)
      throw error
    }
  }
  command.middlewareStack.add(note as never, {
    step: 'deserialize',
    priority: 'low',
    name: 'eventfoldNoteWay',
  })
  return (await client.send(command as never, { ...(abortSignal && { abortSignal }) })) as Output
}
