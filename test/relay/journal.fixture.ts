import { readFileSync } from 'node:fs'

/**
 * What a relay says: that it took the lease, that it begins a call, what it published, what it removed and
 * how many milliseconds were between signs of life.
 */
export type Line =
  | { readonly relay: number; readonly took: number }
  | {
      readonly relay: number
      /** The revision of the lease that it had renewed for this call. */
      readonly call: number
      readonly messages: readonly string[]
    }
  | { readonly relay: number; readonly call: number; readonly published: string }
  | { readonly relay: number; readonly removed: readonly string[]; readonly gap: number }

/** A message as its event tells of it, in commit order. */
export type Written = readonly [id: string, orderKey: string | null]

export function linesOf(path: string): Line[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Line)
}

/** What is wrong with what was published: nothing, however many relays were killed or paused. */
export function faultsOf(
  lines: readonly Line[],
  written: readonly Written[],
  lease: number,
): string[] {
  return [
    ...faultsOfDelivery(lines, written),
    ...faultsOfLeases(lines),
    ...faultsOfRepeats(lines, lease),
  ]
}

function faultsOfDelivery(lines: readonly Line[], written: readonly Written[]): string[] {
  const keys = new Map(written)
  const published = new Set(lines.flatMap((line) => ('published' in line ? [line.published] : [])))
  const missing = written.filter(([id]) => !published.has(id))
  const unknown = [...published].filter((id) => !keys.has(id))
  const faults = [
    ...missing.map(([id]) => `${id} was never published`),
    ...unknown.map((id) => `${id} was published and is not in the log`),
  ]
  for (const key of new Set(keys.values())) {
    if (key === null) continue
    const due = written.flatMap(([id, own]) => (own === key && published.has(id) ? [id] : []))
    const found = [...published].filter((id) => keys.get(id) === key)
    const at = due.findIndex((id, index) => id !== found[index])
    if (at >= 0) faults.push(`of ${key}, ${found[at]} was first published where ${due[at]} is due`)
  }
  return faults
}

/** Each call has renewed the lease, which was the caller's own. */
function faultsOfLeases(lines: readonly Line[]): string[] {
  const faults: string[] = []
  const terms = lines.flatMap((line) => ('took' in line ? [line] : []))
  const calls = new Set<number>()
  for (const line of callsOf(lines)) {
    const { relay, call } = line
    if (calls.has(call)) faults.push(`two calls at revision ${call} of the lease`)
    calls.add(call)
    const earlier = terms.filter(({ took }) => took <= call)
    const term = earlier.toSorted((a, b) => b.took - a.took)[0]
    if (term?.relay !== relay) faults.push(`${relay} published in a term of ${term?.relay}`)
  }
  return faults
}

/**
 * Whoever gave signs of life until it took messages out was alone with them: only
 * one that was killed, paused or starved meanwhile may see them published again.
 */
function faultsOfRepeats(lines: readonly Line[], lease: number): string[] {
  const faults: string[] = []
  const calls = callsOf(lines)
  const owned = new Map<string, { relay: number; call: number }>()
  lines.forEach((line, index) => {
    if (!('removed' in line)) return
    const before = calls.findLast((call) => call.relay === line.relay && call.index < index)
    if (!before || line.gap >= lease) return
    for (const id of line.removed) owned.set(id, before)
  })
  for (const { relay, call, messages } of calls) {
    for (const id of messages) {
      const owner = owned.get(id)
      if (!owner || call <= owner.call) continue
      faults.push(
        `${id} was published by ${owner.relay} at ${owner.call}, and by ${relay} at ${call}`,
      )
    }
  }
  return faults
}

function callsOf(
  lines: readonly Line[],
): (Extract<Line, { messages: readonly string[] }> & { index: number })[] {
  return lines.flatMap((line, index) => ('messages' in line ? [{ ...line, index }] : []))
}
