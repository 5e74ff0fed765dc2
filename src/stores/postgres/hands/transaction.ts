import type { Run } from '../hand.ts'

/** A transaction that was begun. */
export interface Transaction {
  readonly run: Run
  readonly commit: () => Promise<unknown>
  readonly rollback: () => Promise<unknown>
}

/**
 * Commits what `work` has done, or rolls it back where it rejects. So too where a statement failed and
 * the work went on: a COMMIT would say nothing then, and store nothing.
 */
export async function settle<Result>(
  { run, commit, rollback }: Transaction,
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const failures: unknown[] = []
  try {
    const result = await work(async (statement) => {
      try {
        return await run(statement)
      } catch (error) {
        failures.push(error)
        throw error
      }
    })
    if (failures.length > 0) throw failures[0]
    await commit()
    return result
  } catch (error) {
    await rollback().catch(() => {})
    throw error
  }
}

/** Begins a transaction on a connection. */
export async function begin(run: Run): Promise<Transaction> {
  await run({ text: 'begin isolation level read committed' })
  return {
    run,
    commit: () => run({ text: 'commit' }),
    rollback: () => run({ text: 'rollback' }),
  }
}

/**
 * Begins a transaction by a function of the driver in which it lasts as long as a callback. Where it ends
 * by itself before, nothing is sent on it any more.
 */
export async function beginBy<Inside>(
  driver: (callback: (inside: Inside) => Promise<void>) => Promise<unknown>,
  runOn: (inside: Inside) => Run,
): Promise<Transaction> {
  const begun = Promise.withResolvers<Inside>()
  const finished = Promise.withResolvers<void>()
  let ended: { readonly error: unknown } | undefined
  const end = driver((inside) => {
    begun.resolve(inside)
    return finished.promise
  })
  end.catch((error: unknown) => {
    ended = { error }
  })
  const assertOpen = (): void => {
    if (ended) throw ended.error
  }
  const run = runOn(await Promise.race([begun.promise, end as Promise<never>]))
  return {
    run: async (statement) => {
      assertOpen()
      return await run(statement)
    },
    commit: async () => {
      assertOpen()
      finished.resolve()
      await end
    },
    rollback: async () => {
      if (ended) return
      finished.reject(new Error('rolled back'))
      await end.catch(() => {})
    },
  }
}
