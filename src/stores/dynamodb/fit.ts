import { headedOf, knownKeys, nameOfKey, type Draft } from './draft.ts'
import { aggregatePartition, orderPartition } from './keys.ts'
import { MOST_ITEMS } from './size.ts'

/** Bytes of JSON in one transaction: well below what DynamoDB takes, for each event is there several times. */
const MOST_BYTES = 3_000_000

/**
 * The first commit, and those after it that can share its transaction as if each were sent after the
 * ones before: their conditions would not see what those write, and nothing is written twice.
 */
export function fitting(
  waiting: readonly Draft[],
  versionOf: (pk: string) => number,
): readonly Draft[] {
  if (waiting.length < 2) return waiting
  const taken: Draft[] = []
  const group = new Group(versionOf)
  for (const draft of waiting) {
    // Who finds no room is not overtaken by those who would: what is sent to one key stays in its order.
    if (taken.length > 0 && !group.hasRoom(draft)) break
    if (taken.length > 0 && !group.takes(draft)) continue
    group.add(draft)
    taken.push(draft)
  }
  return taken
}

class Group {
  readonly #versions = new Map<string, number>()
  /** Items of which a transaction may have one. */
  readonly #items = new Set<string>()
  readonly #heads = new Set<string>()
  readonly #events = new Map<string, Draft['commit']['events'][number][]>()
  readonly #seen = new Map<string, string>()
  readonly #versionOf: (pk: string) => number
  #count = 0
  #bytes = 0

  constructor(versionOf: (pk: string) => number) {
    this.#versionOf = versionOf
  }

  hasRoom(draft: Draft): boolean {
    const { items, heads, bytes } = costOf(draft)
    const added = [...heads].filter((pk) => !this.#heads.has(pk)).length
    return this.#count + items + added <= MOST_ITEMS && this.#bytes + bytes <= MOST_BYTES
  }

  takes(draft: Draft): boolean {
    return (
      ownItems(draft).every((name) => !this.#items.has(name)) &&
      draft.pins.every(
        ({ pk, seen, matches }) =>
          (this.#seen.get(pk) ?? seen.at) === seen.at &&
          !this.#events.get(pk)?.some((event) => matches(event)),
      ) &&
      draft.commit.expect.every(({ aggregate, version }) => {
        const known = this.#versions.get(aggregatePartition(aggregate))
        return known === undefined || known === version
      })
    )
  }

  add(draft: Draft): void {
    const { items, heads, bytes } = costOf(draft)
    const added = [...heads].filter((pk) => !this.#heads.has(pk)).length
    this.#count += items + added
    this.#bytes += bytes
    for (const pk of heads) this.#heads.add(pk)
    for (const name of ownItems(draft)) this.#items.add(name)
    for (const { pk, seen } of draft.pins) this.#seen.set(pk, seen.at)
    for (const { aggregate, version } of draft.commit.expect) {
      this.#versions.set(aggregatePartition(aggregate), version)
    }
    for (const each of draft.events) {
      for (const pk of headedOf(each)) {
        this.#events.set(pk, [...(this.#events.get(pk) ?? []), each.event])
      }
      const { aggregatePk: pk } = each
      if (pk !== undefined) {
        this.#versions.set(pk, (this.#versions.get(pk) ?? this.#versionOf(pk)) + 1)
      }
    }
  }
}

function ownItems(draft: Draft): string[] {
  return [...draft.documents.map(({ key }) => key), ...knownKeys(draft)].map(nameOfKey)
}

/** How much of a transaction a commit takes, its heads apart: others may move them, too. */
function costOf({ commit, events, documents, pins }: Draft): {
  readonly items: number
  readonly heads: ReadonlySet<string>
  readonly bytes: number
} {
  let items = documents.length + commit.outbox.length + (commit.idempotency ? 1 : 0)
  let bytes = 0
  for (const each of events) {
    const copies = headedOf(each).length + each.plainPks.length
    items += Math.max(copies, 1) + (each.isNamed && copies > 0 ? 1 : 0)
    bytes += (bytesOf(each.event.json) + bytesOf(each.event.metadataJson)) * Math.max(copies, 1)
  }
  for (const { json = '' } of [...commit.documents, ...commit.outbox]) bytes += bytesOf(json)
  const heads = new Set([
    ...events.flatMap(headedOf),
    ...pins.map(({ pk }) => pk),
    ...commit.expect.map(({ aggregate }) => aggregatePartition(aggregate)),
    ...commit.outbox.flatMap(({ orderKey: key }) => (key === undefined ? [] : orderPartition(key))),
  ])
  return { items, heads, bytes }
}

function bytesOf(json: string): number {
  return Buffer.byteLength(json)
}
