import type { EventStore } from '../store/store.ts'
import type { Capability, Law, LogOptions, Open, OpenLog, RaceSize } from './law.ts'
import { laws } from './laws/index.ts'

/** The part of a test runner that is needed: vitest's, `node:test`'s and others fit. */
export interface Runner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: ((name: string, run: () => Promise<void>) => unknown) & {
    readonly skip: (name: string, run: () => Promise<void>) => unknown
  }
}

/** A store that is to be proved. */
export interface Conformance extends Partial<RaceSize> {
  readonly name: string
  /** Opens a new and empty log, with the default identifiers. */
  readonly open: (options: LogOptions) => Promise<OpenLog> | OpenLog
  /** What the store has of the capabilities; it must say the same itself. Default is all of them. */
  readonly can?: readonly Capability[]
}

const capabilities: Readonly<Record<Capability, string>> = {
  totalOrder: 'its events have no common order',
  atomicReads: 'its reads do not see one state',
  anyBoundary: 'its conditions need an identifier',
  transactions: "it does not run on the caller's transaction",
  watch: 'it does not tell of commits',
}

/**
 * Proves that a store keeps the laws of {@link EventStore}: one test for each, named by its sentence.
 * A law that the store cannot keep for want of a capability is shown as skipped, with the reason.
 *
 * The runner is handed in. Race laws need a time limit of about a minute per test.
 *
 * ```ts
 * import { describe, it } from 'node:test'
 * import { MemoryEventStore } from 'eventfold'
 * import { conformance } from 'eventfold/conformance'
 *
 * conformance({ describe, it }, {
 *   name: 'memory',
 *   open: (options) => ({ store: new MemoryEventStore(options) }),
 *   can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
 * })
 * ```
 */
export function conformance({ describe, it }: Runner, subject: Conformance): void {
  const can = subject.can ?? (Object.keys(capabilities) as Capability[])
  const size: RaceSize = { writers: subject.writers ?? 8, rounds: subject.rounds ?? 12 }
  describe(`${subject.name} keeps the laws of every store`, () => {
    for (const law of [...laws, ...declared(can)]) {
      const run = (): Promise<void> => prove(law, subject.open, size)
      if (law.needs === undefined || can.includes(law.needs)) it(law.law, run)
      else it.skip(`${law.law} [skipped: ${capabilities[law.needs]}]`, run)
    }
  })
}

/** Proves one law on logs of its own, and closes them. */
export async function prove(law: Law, open: Conformance['open'], size: RaceSize): Promise<void> {
  const logs: OpenLog[] = []
  const stores = new Set<EventStore>()
  const tracked: Open = async (options = {}) => {
    const log = await open(options)
    logs.push(log)
    stores.add(log.store)
    const reopen = async (): Promise<EventStore> => {
      const store = (await log.reopen?.()) ?? log.store
      stores.add(store)
      return store
    }
    return { ...log, reopen }
  }
  const proof = await Promise.allSettled([law.prove(tracked, size)])
  const closed = await Promise.allSettled([...stores].map((store) => store.close()))
  const removed = await Promise.allSettled(logs.map(async (log) => log.remove?.()))
  for (const outcome of [...proof, ...closed, ...removed]) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}

function declared(can: readonly Capability[]): Law[] {
  return (Object.keys(capabilities) as Capability[]).map((capability) => ({
    law: `the store says itself whether it has ${capability}`,
    prove: async (open) => {
      const { store } = await open()
      if (store.capabilities[capability] !== can.includes(capability)) {
        throw new Error(
          `the store's capabilities say ${capability}: ${store.capabilities[capability]}, the suite ` +
            `was told ${can.includes(capability)}: correct 'can'`,
        )
      }
    },
  }))
}
