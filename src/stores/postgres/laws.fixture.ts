import { afterAll, describe, it } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import type { PostgresOptions } from './index.ts'
import { freshDatabase, type FreshDatabase } from './server.fixture.ts'
import { openLog, type Connect, type Driver } from './stores.fixture.ts'

/** Everything that a file of laws has opened, ended at its end. */
const ends: (() => PromiseLike<unknown>)[] = []

/** To be called once by a file of laws. */
export function endAll(): void {
  afterAll(async () => {
    for (const end of ends.toReversed()) await end()
  })
}

/** The same one each time it is asked for; what ends it is remembered. */
export function once<Value>(
  make: () => Promise<Value>,
  end: (made: Value) => PromiseLike<unknown>,
): () => Promise<Value> {
  let made: Promise<Value> | undefined
  const makeAndRemember = async (): Promise<Value> => {
    const value = await make()
    ends.push(() => end(value))
    return value
  }
  return () => (made ??= makeAndRemember())
}

const database = once<FreshDatabase>(freshDatabase, (fresh) => fresh[Symbol.asyncDispose]())

/** Runs the laws on a pool of sixteen connections. */
export function prove(
  name: string,
  connect: (url: string, max: number) => Driver,
  way: Partial<PostgresOptions> = {},
): void {
  const again: Connect = async () => connect((await database()).url, 4)
  const shared = once(
    async () => connect((await database()).url, 16),
    (driver) => driver.end(),
  )
  conformance(
    { describe, it },
    { name, open: async (options) => openLog(await shared(), again, { ...options, ...way }) },
  )
}
