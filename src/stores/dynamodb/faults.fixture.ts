import { setTimeout as delay } from 'node:timers/promises'
import { faultError, isFault, type Fault } from './fault-errors.fixture.ts'

export type { Fault } from './fault-errors.fixture.ts'

/** A call that a fault may meet. */
export interface Call {
  /** Such as `'TransactWriteItems'`. */
  readonly name: string
  /** How many of this name there were before. */
  readonly nth: number
  readonly input: CallInput
}

interface CallInput {
  readonly ConsistentRead?: boolean
  readonly ScanIndexForward?: boolean
  readonly RequestItems?: Readonly<Record<string, Batch>>
}

type Batch = readonly unknown[] | { readonly Keys: readonly unknown[] }

/** What becomes of a call. A fault that its command cannot meet is none. */
export type FaultPlan = (call: Call) => Fault | undefined

export interface FaultyClient<Client> {
  readonly client: Client
  /** How often a fault was met. */
  readonly met: ReadonlyMap<Fault, number>
  /** Until everything that was held up on the way has arrived. */
  readonly settled: () => Promise<void>
}

interface SdkCommand {
  input: CallInput
}
type Send = (command: SdkCommand, ...rest: unknown[]) => Promise<Answer>
type Answer = Readonly<Record<string, unknown>> & {
  readonly Items?: readonly unknown[]
  readonly LastEvaluatedKey?: unknown
}

/**
 * The client with what local engines never do: conflicts, throttling, lost answers, batches that are done
 * in part, and old answers to whoever has not asked for new ones. Everything that is sent reaches the engine.
 */
export function withClientFaults<Client extends object>(
  client: Client,
  plan: FaultPlan,
): FaultyClient<Client> {
  const met = new Map<Fault, number>()
  const counts = new Map<string, number>()
  const history = new Map<string, Answer[]>()
  const underway = new Set<Promise<unknown>>()
  const send: Send = (...args) => (client as { readonly send: Send }).send(...args)

  const suffer = async (fault: Fault, command: SdkCommand, rest: unknown[]): Promise<Answer> => {
    switch (fault) {
      case 'lost':
      case 'server-error':
        await send(command, ...rest).catch(() => undefined)
        break
      case 'late': {
        const arrival = delay(Math.random() * 30).then(() => send(command))
        const settled = arrival.catch(() => undefined).finally(() => underway.delete(settled))
        underway.add(settled)
        break
      }
      case 'partial':
        return await inPart(command, (part) => send(part, ...rest))
      case 'older': {
        const answer = await send(command, ...rest)
        const earlier = history.get(JSON.stringify(command.input))?.[0]
        return earlier ?? withoutNewest(command.input, answer)
      }
      default:
    }
    throw faultError(fault, command.input)
  }

  const faultySend: Send = async (command, ...rest) => {
    const { input } = command
    const name = command.constructor.name.replace(/Command$/u, '')
    const nth = counts.get(name) ?? 0
    counts.set(name, nth + 1)
    const fault = plan({ name, nth, input })
    if (fault && isFault(fault, name, input)) {
      met.set(fault, (met.get(fault) ?? 0) + 1)
      return await suffer(fault, command, rest)
    }
    const answer = await send(command, ...rest)
    if (isFault('older', name, input)) remember(history, JSON.stringify(input), answer)
    return answer
  }
  return {
    client: new Proxy(client, {
      get: (target, key) => (key === 'send' ? faultySend : Reflect.get(target, key, target)),
    }),
    met,
    settled: async () => {
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}

/** Faults by chance, the same ones for the same seed and calls: `{ conflict: 0.1 }` is each tenth one. */
export function randomFaults(
  seed: number,
  chances: Readonly<Partial<Record<Fault, number>>>,
): FaultPlan {
  const random = createRandom(seed)
  const faults = Object.entries(chances) as [Fault, number][]
  return ({ name, input }) => {
    let left = random()
    for (const [fault, chance] of faults.filter(([it]) => isFault(it, name, input))) {
      left -= chance
      if (left < 0) return fault
    }
    return undefined
  }
}

/** The first calls of a command meet these faults, one each; `undefined` is none. */
export function firstCalls(command: string, faults: readonly (Fault | undefined)[]): FaultPlan {
  return ({ name, nth }) => (name === command ? faults[nth] : undefined)
}

/** Numbers from 0 to 1, the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sends the first half of a batch, at least one, and gives the others back. */
async function inPart(
  command: SdkCommand,
  send: (command: SdkCommand) => Promise<Answer>,
): Promise<Answer> {
  const entries = Object.entries(command.input.RequestItems ?? {})
  const half = (take: <Entry>(list: readonly Entry[], at: number) => Entry[]) =>
    Object.fromEntries(
      entries.map(([table, batch]) => {
        const listOf = <Entry>(list: readonly Entry[]): Entry[] =>
          take(list, Math.max(1, Math.floor(list.length / 2)))
        return [table, 'Keys' in batch ? { ...batch, Keys: listOf(batch.Keys) } : listOf(batch)]
      }),
    )
  const rest = half((list, at) => list.slice(at))
  command.input = { ...command.input, RequestItems: half((list, at) => list.slice(0, at)) }
  const answer = await send(command)
  const isRead = command.constructor.name.startsWith('BatchGet')
  return { ...answer, [isRead ? 'UnprocessedKeys' : 'UnprocessedItems']: rest }
}

/** As if the newest item had not arrived yet. */
function withoutNewest({ ScanIndexForward = true }: CallInput, answer: Answer): Answer {
  const { Items, LastEvaluatedKey } = answer
  if (!Items) return { ...answer, Item: undefined }
  if (!ScanIndexForward) return { ...answer, Items: Items.slice(1) }
  return LastEvaluatedKey ? answer : { ...answer, Items: Items.slice(0, -1) }
}

function remember(history: Map<string, Answer[]>, input: string, answer: Answer): void {
  const answers = history.get(input) ?? []
  history.set(input, [...answers, answer].slice(-4))
}
