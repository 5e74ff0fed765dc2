import { decodeAnswer, type Result } from './answer.ts'
import { Combiner, type Send } from './combiner.ts'
import { batchText } from './batch.ts'
import type { Encoded } from './encode.ts'
import { isKnownId } from './errors.ts'
import type { PostgresHand, Run } from './hand.ts'
import { quoteText, type LogNames } from './names.ts'
import { PLANNING, programOf, VARIABLES } from './program.ts'
import { nameOf } from './sql.ts'

/** How commits travel. */
export interface Way {
  /** Whether the program is sent with each commit, where the routines of `migrate` are not to be used. */
  readonly plainStatements: boolean
  readonly earlyRelease: boolean
  /** How long a commit waits for the log, and for a connection, in milliseconds. */
  readonly lockTimeout: number
}

/** The one queue of commits that all stores share that write to a log through a pool in the same way. */
export interface Channel {
  readonly combiner: Combiner
  readonly send: Send
  /** Whether a call may have committed although it failed. */
  readonly early: boolean
}

const channels = new WeakMap<object, Map<string, Channel>>()

export function channelOf(hand: PostgresHand, names: LogNames, way: Way): Channel {
  const ofPool = channels.get(hand.pool) ?? new Map<string, Channel>()
  channels.set(hand.pool, ofPool)
  const key = JSON.stringify([names.append, names.projections, way])
  let channel = ofPool.get(key)
  if (channel === undefined) {
    channel = {
      combiner: new Combiner(),
      send: senderOf(hand, names, way),
      early: way.earlyRelease,
    }
    ofPool.set(key, channel)
  }
  return channel
}

/** Sends a batch on the caller's transaction. */
export function sendWithin(
  run: Run,
  names: LogNames,
  { plainStatements, lockTimeout }: Pick<Way, 'plainStatements' | 'lockTimeout'>,
): Send {
  return async (batch) => {
    const text = batchText(batch, { patience: lockTimeout })
    return read(batch, await (plainStatements ? runPlain : callFunction)(run, names, text))
  }
}

function senderOf(hand: PostgresHand, names: LogNames, way: Way): Send {
  const { plainStatements, earlyRelease, lockTimeout } = way
  if (!plainStatements && hand.procedures) {
    const text = `call ${names.commit}($1::text::jsonb, '${lockTimeout}', ${earlyRelease}, null)`
    const call = async (batch: readonly Encoded[], careful: boolean): Promise<Answered> => {
      const statement = { name: nameOf(text), text, values: [batchText(batch, { careful })] }
      const [row] = await hand.run(statement, lockTimeout)
      return row?.['answer']
    }
    return async (batch) => {
      try {
        return read(batch, await call(batch, false))
      } catch (error) {
        if (!isKnownId(error)) throw error
        return read(batch, await call(batch, true))
      }
    }
  }
  return async (batch) => {
    const answer = await hand.transaction(async (run) => {
      await run({ text: `set local lock_timeout = ${lockTimeout}` })
      return await (plainStatements ? runPlain : callFunction)(run, names, batchText(batch))
    }, lockTimeout)
    return read(batch, answer)
  }
}

async function callFunction(run: Run, names: LogNames, batch: string): Promise<Answered> {
  const text = `select ${names.judge}($1::text::jsonb) as answer`
  const [row] = await run({ name: nameOf(text), text, values: [batch] })
  return row?.['answer']
}

/** The program as a statement: it takes and gives through settings of the transaction. */
async function runPlain(run: Run, names: LogNames, batch: string): Promise<Answered> {
  await run({
    text: `select set_config('eventfold.batch', $1::text, true)`,
    values: [batch],
  })
  await run({ text: plainProgramOf(names) })
  const [row] = await run({ text: `select current_setting('eventfold.answer') as answer` })
  return row?.['answer']
}

type Answered = string | null | undefined

const plainPrograms = new Map<string, string>()

function plainProgramOf(names: LogNames): string {
  const key = names.append + names.projections
  let text = plainPrograms.get(key)
  if (text === undefined) {
    const body = `
#variable_conflict use_column
declare batch jsonb := current_setting('eventfold.batch'); answer jsonb; ${FORMER}${VARIABLES}
begin
${planning((setting, value) => `set_config('${setting}', '${value}', true)`)}
${programOf(names)}
${planning((setting) => `set_config('${setting}', former_${setting}, true)`)}
perform set_config('eventfold.answer', answer::text, true);
end`
    text = `do ${quoteText(body)}`
    plainPrograms.set(key, text)
  }
  return text
}

/** The planner is told what it is told for the routines, and what the caller had it told afterwards. */
function planning(set: (setting: string, value: string) => string): string {
  return `perform ${Object.entries(PLANNING)
    .map(([setting, value]) => set(setting, value))
    .join(', ')};`
}

const FORMER = Object.keys(PLANNING)
  .map((setting) => `former_${setting} text := current_setting('${setting}');`)
  .join(' ')

function read(batch: readonly Encoded[], answer: Answered): readonly Result[] {
  if (typeof answer !== 'string') throw new Error('the append gave no answer')
  return decodeAnswer(answer, batch)
}
