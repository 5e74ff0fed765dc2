import { createHash } from 'node:crypto'
import { DEFAULT_IDENTIFIERS, type Identifiers } from '../../event/identifiers.ts'

/** A table of yours. Default schema is `public`. */
export interface TableName {
  readonly schema?: string | undefined
  readonly name: string
}

/** Where a log keeps its events and its saved projections. */
export interface PostgresTables {
  /** Default is `events` in the schema `public`. */
  readonly events?: TableName | undefined
  /** Default is `projections` in the schema `public`. */
  readonly projections?: TableName | undefined
}

/** Everything that belongs to one log, quoted as SQL wants it. */
export interface LogNames {
  /** As `eventfold.logs` knows it. */
  readonly log: string
  readonly events: string
  readonly projections: string
  readonly keys: string
  readonly outbox: string
  readonly answers: string
  /** The functions that write a batch, quickly where nothing is in the way, and the procedure that commits it. */
  readonly append: string
  readonly judge: string
  readonly commit: string
  /** The two numbers of its advisory lock. */
  readonly lock: readonly [number, number]
  readonly tables: { readonly events: Table; readonly projections: Table }
}

/** A table whose schema is known. */
export interface Table {
  readonly schema: string
  readonly name: string
}

/** The schema of everything beside the two tables that an application looks into. */
export const SIDE_SCHEMA = 'eventfold'

const LOCK_SPACE = 0x65766664
const NAME_BYTES = 63

/**
 * The names of a log: one log for each table of events. What depends on the identifiers is named after
 * them, so that nobody looks into an index that was made by others.
 */
export function namesOf(
  tables: PostgresTables = {},
  identifiers: Identifiers = DEFAULT_IDENTIFIERS,
): LogNames {
  const events = tableOf(tables.events, 'events')
  const projections = tableOf(tables.projections, 'projections')
  const log = `${plain(events.schema)}.${plain(events.name)}`
  const side = (part: string): string => `${SIDE_SCHEMA}.${quoteName(fitting(log, part))}`
  const by = suffixOf(identifiers)
  return {
    log,
    events: qualified(events),
    projections: qualified(projections),
    keys: side(`keys${by}`),
    outbox: side('outbox'),
    answers: side('answers'),
    append: side(`append${by}`),
    judge: side(`judge${by}`),
    commit: side(`commit${by}`),
    lock: [LOCK_SPACE, createHash('sha256').update(log).digest().readInt32BE(0)],
    tables: { events, projections },
  }
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL writes it, whatever `standard_conforming_strings` says. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return quoted.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** A body between dollars, which nothing in it ends. */
export function quoteBody(body: string, tag: string): string {
  let dollars = `$${tag}$`
  for (let n = 1; body.includes(dollars); n += 1) dollars = `$${tag}${n}$`
  return `${dollars}${body}${dollars}`
}

function suffixOf(identifiers: Identifiers): string {
  const text = JSON.stringify(identifiers)
  if (text === JSON.stringify(DEFAULT_IDENTIFIERS)) return ''
  return ` ${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
}

function qualified({ schema, name }: Table): string {
  return `${quoteName(schema)}.${quoteName(name)}`
}

/** Without a dot that could be mistaken for the one between schema and name. */
function plain(name: string): string {
  return name.replaceAll('.', '..')
}

/** PostgreSQL cuts longer names off, and two of them would become one. */
function fitting(log: string, part: string): string {
  const name = `${log}.${part}`
  if (Buffer.byteLength(name) <= NAME_BYTES) return name
  return `${createHash('sha256').update(log).digest('hex').slice(0, 40)}.${part}`
}

function tableOf(table: TableName | undefined, name: string): Table {
  return { schema: table?.schema ?? 'public', name: table?.name ?? name }
}
