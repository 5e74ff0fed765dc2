import { Client } from 'pg'
import type { StoredEvent } from '../../../event/event.ts'
import { DEFAULT_IDENTIFIERS, identifierTest, keysOf } from '../../../event/identifiers.ts'
import { compileStreams } from '../../../store/matches.ts'
import type { Streams } from '../../../store/stream.ts'
import { shortText } from '../../../sql/short-text.ts'
import { namesOf, type PostgresTables } from '../names.ts'
import { boundaries, type Decided, type Journal } from './workload.fixture.ts'

/** What is wrong with a log: nothing, whatever has happened to it. */
export async function faultsOf(
  url: string,
  {
    tables = {},
    identifiers = DEFAULT_IDENTIFIERS,
    journals = [],
  }: {
    readonly tables?: PostgresTables
    readonly identifiers?: readonly string[]
    readonly journals?: readonly Journal[]
  } = {},
): Promise<string[]> {
  const names = namesOf(tables, identifiers)
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const ask = async <Row>(text: string): Promise<Row[]> =>
    (await client.query<Row & object>(text)).rows
  try {
    // In one state, because others may be writing.
    await client.query('begin isolation level repeatable read read only')
    const events = await ask<StoredEvent>(
      `select position::int, id, type, data, case when version is not null then jsonb_build_object(
        'type', aggregate_type, 'id', aggregate_id, 'version', version) end as aggregate
        from ${names.events} order by position`,
    )
    const filed = await ask<Filed>(`select key, position::int, type from ${names.keys}`)
    const answers = await ask<Answered>(
      `select key, (answer ->> 'first')::int as first, (answer ->> 'count')::int as count from ${names.answers}`,
    )
    const messages = await ask<Message>(
      `select id, data, event_position::int as position from ${names.outbox} order by sequence`,
    )
    const documents = await ask<SavedDocument>(
      `select type, id, position::int, latest_event_id as event from ${names.projections} where data is not null`,
    )
    return [
      ...faultsOfEvents(events),
      ...faultsOfKeys(events, filed, identifierTest(identifiers)),
      ...faultsOfSides(events, { answers, messages, documents }),
      ...faultsOfDecisions(events),
      ...faultsOfJournals(events, answers, journals),
    ]
  } finally {
    await client.end()
  }
}

interface Filed {
  readonly key: string
  readonly position: number
  readonly type: string
}

interface Answered {
  readonly key: string
  readonly first: number | null
  readonly count: number
}

interface Message {
  readonly id: string
  readonly data: { readonly id?: string }
  readonly position: number | null
}

interface SavedDocument {
  readonly type: string
  readonly id: string
  readonly position: number | null
  readonly event: string | null
}

function faultsOfEvents(events: readonly StoredEvent[]): string[] {
  const faults: string[] = []
  const versions = new Map<string, number>()
  const names = new Set<unknown>()
  const batches = new Map<string, number[]>()
  events.forEach(({ position, type, data, aggregate }, index) => {
    if (position !== index + 1) faults.push(`position ${position} where ${index + 1} is due`)
    if (aggregate) {
      const name = `${aggregate.type} ${aggregate.id}`
      const due = (versions.get(name) ?? 0) + 1
      versions.set(name, due)
      if (aggregate.version !== due) faults.push(`${name} has version ${aggregate.version}`)
    }
    const { nameId, batch } = data as { nameId?: unknown; batch?: string }
    if (type === 'NAMED') {
      if (names.has(nameId)) faults.push(`the name ${String(nameId)} is taken twice`)
      names.add(nameId)
    }
    if (batch !== undefined) batches.set(batch, [...(batches.get(batch) ?? []), position])
  })
  for (const [batch, [first = 0, ...more]] of batches) {
    if (more.join() !== `${first + 1},${first + 2}`) faults.push(`the batch ${batch} is torn`)
  }
  return faults
}

function faultsOfKeys(
  events: readonly StoredEvent[],
  filed: readonly Filed[],
  isIdentifier: (key: string) => boolean,
): string[] {
  const entry = ({ key, position, type }: Filed): string => `${key} at ${position} of ${type}`
  const found = new Set(filed.map(entry))
  const due = events.flatMap(({ data, position, type }) =>
    keysOf(data, isIdentifier).map((key) => entry({ key: shortText(key), position, type })),
  )
  const missing = due.filter((text) => !found.delete(text))
  return [
    ...missing.map((text) => `no entry ${text}`),
    ...[...found].map((text) => `an entry too many: ${text}`),
  ]
}

function faultsOfSides(
  events: readonly StoredEvent[],
  {
    answers,
    messages,
    documents,
  }: {
    answers: readonly Answered[]
    messages: readonly Message[]
    documents: readonly SavedDocument[]
  },
): string[] {
  const at = (position: number | null): StoredEvent | undefined => events[(position ?? 0) - 1]
  const faults: string[] = []
  for (const { key, first, count } of answers) {
    if (count > 0 && (!at(first) || !at((first ?? 0) + count - 1))) {
      faults.push(`the key ${key} answers for events that are not there`)
    }
    const id = idIn('key', key)
    if (id !== undefined && at(first)?.id !== id) faults.push(`the key ${key} has another event`)
  }
  for (const { type, id, position, event } of documents) {
    if (position && at(position)?.id !== event)
      faults.push(`${type} ${id} has seen what is not there`)
  }
  for (const { id, data, position } of messages) {
    if (data.id !== undefined && at(position)?.id !== data.id) {
      faults.push(`the message ${id} names another event`)
    }
  }
  const sent = new Map<string | undefined, number>()
  for (const { id } of messages)
    sent.set(idIn('message', id), (sent.get(idIn('message', id)) ?? 0) + 1)
  const saved = new Set(documents.filter(({ type }) => type === 'event').map(({ id }) => id))
  const keys = new Set(answers.map(({ key }) => idIn('key', key)))
  for (const { id, data } of events) {
    const { withMore } = data as { withMore?: boolean }
    if (withMore === undefined) continue
    if (!keys.has(id)) faults.push(`${id} is stored without its key`)
    if ((sent.get(id) ?? 0) !== (withMore ? 1 : 0))
      faults.push(`${id} has ${sent.get(id)} messages`)
    if (saved.delete(id) !== withMore) faults.push(`${id} and its document are not together`)
  }
  return [...faults, ...[...saved].map((id) => `a document of ${id}, which is not there`)]
}

function idIn(what: string, text: string): string | undefined {
  return text.startsWith(`${what} of `) ? text.slice(what.length + 4) : undefined
}

/** Each decision saw exactly what was before it: the log is one after the other. */
function faultsOfDecisions(events: readonly StoredEvent[]): string[] {
  const before = boundaries.map(() => 0)
  const matches = boundaries.map((streams: Streams) => compileStreams(streams))
  return events.flatMap((event) => {
    const { boundary, seen } = event.data as Partial<Decided>
    const due = before[boundary ?? -1]
    matches.forEach((match, index) => {
      if (match(event)) before[index] = (before[index] ?? 0) + 1
    })
    return seen === due ? [] : [`the decision at ${event.position} saw ${seen} of ${due} events`]
  })
}

function faultsOfJournals(
  events: readonly StoredEvent[],
  answers: readonly Answered[],
  journals: readonly Journal[],
): string[] {
  const positions = new Map(events.map(({ id, position }) => [id, position]))
  const keys = new Set(answers.map(({ key }) => key))
  return journals.flatMap(({ acknowledged, refused, unknown }) => [
    ...[...acknowledged].flatMap(([id, position]) =>
      positions.get(id) === position
        ? []
        : [`${id} was acknowledged at ${position} and is at ${positions.get(id)}`],
    ),
    ...[...refused].flatMap((id) => {
      if (acknowledged.has(id)) return []
      if (positions.has(id)) return [`${id} was refused and is there`]
      return keys.has(`key of ${id}`) ? [`${id} was refused and has left its key`] : []
    }),
    ...unknown.map(({ events: sent }) => `${sent?.[0]?.id} was never answered`),
  ])
}
