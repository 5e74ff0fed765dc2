import type { StateUpdaterInput } from './rules.ts'

export type State = { [key: string]: unknown } & { list: unknown[]; key?: string | null }
export type Payload = { n: number; text: string; list: unknown[]; map: Record<string, unknown> }
export type Input = StateUpdaterInput<State, Payload, unknown, Payload>

/** Where states begin that must not have it for themselves. */
export const shared: State = { list: [] }

/** What a rule may do: most of it would do harm if anything was not a copy. */
export const deeds: Readonly<Record<string, (input: Input) => State>> = {
  adds: ({ state, current }) =>
    Object.assign(state, { sum: Number(state['sum'] ?? 0) + current.n }),
  makes: ({ state, current }) => ({ ...state, last: current.text, gone: undefined }),
  shares: ({ current }) => {
    current.list.push(current.n)
    return { ...shared, list: shared.list, map: current.map }
  },
  grows: ({ state, currentIndex }) => {
    state.list.push(currentIndex, -0)
    return state
  },
  keeps: ({ state, current }) => Object.assign(state, { list: current.list, again: current.list }),
  orders: ({ state, current }) =>
    Object.assign(state, { keys: Object.keys(current.map), first: Object.keys(state)[0] }),
  indexes: ({ state, current }) =>
    Object.assign(state, { key: current.n % 3 ? current.text : null }),
  counts: ({ state }) => Object.assign(state, { size: Object.keys(state).length }),
  current: ({ state, current }) => {
    current.map['changed'] = true
    return Object.assign(state, { map: current.map })
  },
  spoils: ({ state, current, newInboundEvents }) => {
    const news = newInboundEvents as unknown as { data: Payload; type: string }[]
    for (const spoil of [
      () => news.push(...news),
      () => (news.length = 0),
      () => news[0]?.data.list.push('spoiled'),
      () => Object.assign(news.at(-1) ?? {}, { type: 'spoiled', data: null }),
    ]) {
      try {
        spoil()
      } catch {
        // It is immutable.
      }
    }
    return Object.assign(state, { spoiled: current.list.length })
  },
  publishes: ({ state, current, publish }) => {
    const message = { state, current, index: current.n }
    publish('first', message)
    message.index = -1
    current.list.push('later')
    state.list.push(state.list.length)
    publish('second', message)
    return state
  },
}

/** And what only rules with history may do. */
export const pastDeeds: typeof deeds = {
  ...deeds,
  remembers: ({ state, pastInboundEvents }) => {
    const past = pastInboundEvents as unknown as { data: Payload; type: string }[]
    const seen = past.map(({ type, data }) => `${type} ${data.n} ${data.list?.length}`)
    try {
      past.length = 0
      past.push(...past)
    } catch {
      // It is immutable.
    }
    return Object.assign(state, { seen })
  },
}
