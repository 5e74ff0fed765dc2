import { setTimeout as delay } from 'node:timers/promises'
import type { Committed } from '../../store/commit.ts'
import { isEventfoldError, StoreError } from '../../store/errors.ts'
import type { WriteAccess } from './access.ts'
import { nameOfKey, type Draft } from './draft.ts'
import { judgeAgain, type Facts } from './judge-draft.ts'
import { planOf, type Plan } from './plan.ts'
import { prepareAll } from './prepare.ts'
import { keyOfWrite, type Refused } from './table.ts'

/** How often a commit is refused by what others do before it gives up. */
const ATTEMPTS = 100
/** Milliseconds. */
const LONGEST_PAUSE = 100

/** Is told what became of each commit, as soon as it is known. */
export interface Report {
  readonly written: (draft: Draft, committed: Committed) => void
  readonly failed: (draft: Draft, error: unknown) => void
}

/**
 * Writes commits, as many as possible in one transaction, in their order. One that is refused is judged
 * by itself and harms no neighbour.
 */
export async function writeAll(
  drafts: readonly Draft[],
  access: WriteAccess,
  report: Report,
): Promise<void> {
  const waiting = new Set(drafts)
  const unprepared = new Set(drafts)
  // Those that DynamoDB refused together for what one of them alone may be to blame.
  const loners = new Set<Draft>()
  const settle = async (
    draft: Draft,
    work: () => Promise<Committed | undefined>,
  ): Promise<void> => {
    try {
      const committed = await work()
      if (!committed) return
      report.written(draft, committed)
    } catch (error) {
      report.failed(draft, error)
    }
    waiting.delete(draft)
  }
  // How often in a row nobody came further.
  for (let refusals = 0; waiting.size > 0;) {
    const ready = withoutRivals(waiting)
    const fresh = ready.filter((draft) => unprepared.delete(draft))
    const prepare = prepareAll(fresh, access)
    await Promise.all(fresh.map((draft) => settle(draft, () => prepare(draft))))
    const left = waiting.size
    const plan = await planned(together(ready, waiting, loners), access, settle)
    const refused = plan && (await sent(plan, access, settle, loners))
    if (!refused) {
      refusals = 0
      continue
    }
    refusals += 1
    const facts = factsOf(plan, refused)
    const isHopeless = refusals >= ATTEMPTS
    await Promise.all(
      plan.drafts.map((draft, index) =>
        settle(draft, async () => {
          const earlier = await judgeAgain(draft, facts, plan.drafts.slice(0, index), access)
          if (isHopeless && !earlier) throw crowded()
          return earlier
        }),
      ),
    )
    if (waiting.size < left) refusals = 0
    if (refusals > 1) await delay(Math.random() * Math.min(LONGEST_PAUSE, 2 ** refusals))
  }
}

type Settle = (draft: Draft, work: () => Promise<Committed | undefined>) => Promise<void>

/** Those whose documents nobody before them writes: what they find depends on nobody else. */
function withoutRivals(drafts: Iterable<Draft>): Draft[] {
  const written = new Set<string>()
  return [...drafts].filter(({ documents }) => {
    const names = documents.map(({ key }) => nameOfKey(key))
    const isReady = names.every((name) => !written.has(name))
    for (const name of names) written.add(name)
    return isReady
  })
}

/** Those that may go together with the first of them. */
function together(
  ready: readonly Draft[],
  waiting: ReadonlySet<Draft>,
  loners: ReadonlySet<Draft>,
): Draft[] {
  const [first, ...others] = ready.filter((draft) => waiting.has(draft))
  if (!first) return []
  return [first, ...(loners.has(first) ? [] : others.filter((draft) => !loners.has(draft)))]
}

/** The next transaction; `undefined` where the first commit cannot be sent, or has nothing to write. */
async function planned(
  drafts: readonly Draft[],
  access: WriteAccess,
  settle: Settle,
): Promise<Plan | undefined> {
  const [first] = drafts
  if (!first) return undefined
  try {
    const plan = planOf(drafts, access)
    if (plan.writes.length > 0) return plan
    await Promise.all(
      plan.drafts.map((draft, index) => settle(draft, async () => plan.committed[index])),
    )
  } catch (error) {
    await settle(first, () => Promise.reject(error))
  }
  return undefined
}

/** Sends a transaction and settles its commits; what refused it is given back. */
async function sent(
  plan: Plan,
  access: WriteAccess,
  settle: Settle,
  loners: Set<Draft>,
): Promise<Refused | undefined> {
  try {
    const refused = await access.table.transact(plan.writes)
    if (refused) return refused
    for (const [pk, version] of plan.versions) access.versions.set(pk, version)
    await Promise.all(
      plan.drafts.map((draft, index) => settle(draft, async () => plan.committed[index])),
    )
  } catch (error) {
    const isFinal = isEventfoldError(error, 'STORE') && !error.retryable
    if (isFinal && error.outcome === 'none' && plan.drafts.length > 1) {
      for (const draft of plan.drafts) loners.add(draft)
      return undefined
    }
    await Promise.all(plan.drafts.map((draft) => settle(draft, () => Promise.reject(error))))
  }
  return undefined
}

function factsOf({ writes }: Plan, { refused }: Refused): Facts {
  return new Map([...refused].map(([index, item]) => [nameOfKey(keyOfWrite(writes[index]!)), item]))
}

function crowded(): StoreError {
  return new StoreError(
    'busy',
    `DynamoDB refused the commit ${ATTEMPTS} times, because others write to the same keys all the time. Send it again later.`,
    { retryable: true },
  )
}
