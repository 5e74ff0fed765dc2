import type { Run } from '../hand.ts'

const last = new WeakMap<object, Promise<void>>()

/** Waits until all who came before are done with a connection. Gives what lets the next one have it. */
export async function takeTurn(connection: object): Promise<() => void> {
  const previous = last.get(connection)
  const { promise, resolve } = Promise.withResolvers<void>()
  last.set(connection, promise)
  await previous
  return resolve
}

/** One statement after another, for drivers whose connections take no second one meanwhile. */
export function inTurn(connection: object, run: Run): Run {
  return async (statement) => {
    const next = await takeTurn(connection)
    try {
      return await run(statement)
    } finally {
      next()
    }
  }
}
