import { setTimeout as delay } from 'node:timers/promises'
import type { Committed } from '../../store/commit.ts'
import { isEventfoldError, StoreError } from '../../store/errors.ts'
import type { WriteAccess } from './access.ts'
import { headKey, nameOfKey, type Draft } from './draft.ts'
import { proveCursor } from './evidence.ts'
import { allFacts, factsAt, judgeDraft, type Facts } from './judge-draft.ts'
import { aggregatePartition, type ItemKey } from './keys.ts'
import { planOf, type Plan } from './plan.ts'
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
  await Promise.all(drafts.map((draft) => settle(draft, () => prepare(draft, access))))
  for (let refusals = 0; waiting.size > 0;) {
    const plan = await planned([...waiting], access, settle)
    if (!plan) continue
    const refused = await sent(plan, access, settle)
    if (!refused) continue
    refusals += 1
    const facts = factsOf(plan, refused)
    const isHopeless = refusals >= ATTEMPTS
    await Promise.all(
      plan.drafts.map((draft) =>
        settle(draft, async () => {
          const earlier = await judgeDraft(draft, facts, access)
          if (isHopeless && !earlier) throw crowded()
          return earlier
        }),
      ),
    )
    if (refusals > 1) await delay(Math.random() * Math.min(LONGEST_PAUSE, 2 ** refusals))
  }
}

type Settle = (draft: Draft, work: () => Promise<Committed | undefined>) => Promise<void>

/** Learns what must be known before the first attempt: for most commits that is nothing. */
async function prepare(draft: Draft, access: WriteAccess): Promise<Committed | undefined> {
  try {
    for (const { write } of draft.documents) {
      if (write.cursor !== undefined) await proveCursor(write.cursor, access)
    }
    const keys = unknownKeys(draft, access)
    return keys.length > 0
      ? await judgeDraft(draft, await factsAt(keys, access), access)
      : undefined
  } catch (error) {
    if (!isEventfoldError(error, 'CONFLICT')) throw error
    // What comes earlier in the order of checks was not looked at yet.
    const earlier = await judgeDraft(draft, await allFacts(draft, access), access)
    if (earlier) return earlier
    throw error
  }
}

/** What no guard, expectation or memory tells: documents, versions, and what several cursors saw. */
function unknownKeys({ commit, events, documents, pins }: Draft, access: WriteAccess): ItemKey[] {
  const expected = new Set(commit.expect.map(({ aggregate }) => aggregatePartition(aggregate)))
  const heads = new Set<string>()
  for (const { aggregatePk: pk } of events) {
    if (pk !== undefined && !expected.has(pk) && !access.versions.has(pk)) heads.add(pk)
  }
  const seen = new Map<string, string>()
  for (const {
    pk,
    seen: { at },
  } of pins) {
    if ((seen.get(pk) ?? at) !== at) heads.add(pk)
    seen.set(pk, at)
  }
  return [
    ...Array.from(heads, headKey),
    ...documents.filter(({ result }) => !result).map(({ key }) => key),
  ]
}

/** The next transaction; `undefined` where the first commit cannot be sent, or has nothing to write. */
async function planned(
  drafts: readonly Draft[],
  access: WriteAccess,
  settle: Settle,
): Promise<Plan | undefined> {
  const [first] = drafts as [Draft]
  try {
    const plan = planOf(drafts, access)
    if (plan.writes.length > 0) return plan
    await Promise.all(
      plan.drafts.map((draft, index) => settle(draft, async () => plan.committed[index])),
    )
  } catch (error) {
    await settle(first, () => Promise.reject(error as Error))
  }
  return undefined
}

/** Sends a transaction and settles its commits; what refused it is given back. */
async function sent(plan: Plan, access: WriteAccess, settle: Settle): Promise<Refused | undefined> {
  try {
    const refused = await access.table.transact(plan.writes)
    if (refused) return refused
    for (const [pk, version] of plan.versions) access.versions.set(pk, version)
    await Promise.all(
      plan.drafts.map((draft, index) => settle(draft, async () => plan.committed[index])),
    )
  } catch (error) {
    await Promise.all(
      plan.drafts.map((draft) => settle(draft, () => Promise.reject(error as Error))),
    )
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
