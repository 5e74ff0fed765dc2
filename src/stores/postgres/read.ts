import type { StoredEvent } from '../../event/event.ts'
import { throwIfAborted } from '../../store/check-read.ts'
import type { Committed, Idempotency } from '../../store/commit.ts'
import { formatCursor, parseCursor, START, type Place } from '../../store/cursor.ts'
import { ConcurrencyError, IdempotencyError } from '../../store/errors.ts'
import type { Loaded, LoadOptions, ReadOptions } from '../../store/store.ts'
import type { After, Streams } from '../../store/stream.ts'
import { shortText } from '../../sql/short-text.ts'
import type { Remembered } from './answer.ts'
import type { Row, Statement } from './hand.ts'
import { FIRST_PAGE, isLastPage, nextPage } from './page-size.ts'
import type { ReadContext } from './plan.ts'
import {
  charactersOf,
  loadAnswerOf,
  loadStatement,
  pageStatement,
  type LoadAnswer,
  type LoadQuery,
  type Seen,
} from './reads.ts'
import { rememberedCommit } from './replay.ts'
import { eventOf } from './rows.ts'

/** What a read is made with. */
export interface Reader extends ReadContext {
  readonly run: (statement: Statement) => Promise<readonly Row[]>
}

/** Events, cursor and the answer of a key: one statement, one state of the log. */
export async function loadEvents(
  streams: Streams,
  options: LoadOptions,
  reader: Reader,
): Promise<Loaded> {
  const { after, idempotency, signal, fromVersion, toVersion } = options
  const query = { after: seenOf(after), fromVersion, toVersion, idempotencyKey: idempotency?.key }
  const { answer, head = START, ...rest } = await ask(streams, query, reader)
  throwIfAborted(signal, 'the read')
  const replayed = answer && (await replayedCommit(answer, idempotency, reader))
  verify(after, rest.seen)
  return { events: rest.events, cursor: formatCursor(head), ...(replayed && { replayed }) }
}

/** Events page by page, up to the newest that was there at the beginning. */
export async function* readEvents(
  streams: Streams,
  { after, limit = Infinity, backwards = false, signal }: ReadOptions,
  reader: Reader,
  assertOpen: () => void,
): AsyncGenerator<StoredEvent> {
  let size = FIRST_PAGE
  let wanted = Math.min(limit, size.rows)
  const query = { after: seenOf(after), limit: wanted, backwards }
  const { head = START, seen, events, characters } = await ask(streams, query, reader)
  verify(after, seen)
  const bounds = { after: seen?.position ?? 0, to: head.position }
  let page: readonly StoredEvent[] = events
  let bytes = characters
  for (let left = limit; ;) {
    for (const event of page) {
      assertOpen()
      throwIfAborted(signal, 'the read')
      yield event
    }
    left -= page.length
    const last = page.at(-1)
    if (left <= 0 || last === undefined || isLastPage(page.length, wanted, bytes)) return
    assertOpen()
    throwIfAborted(signal, 'the read')
    if (backwards) bounds.to = last.position - 1
    else bounds.after = last.position
    size = nextPage(size, page.length, bytes)
    wanted = Math.min(left, size.rows)
    const statement = pageStatement(streams, { ...bounds, limit: wanted, backwards }, reader)
    const rows = statement ? await reader.run(statement) : []
    bytes = rows.reduce((sum, row) => sum + charactersOf(row), 0)
    page = rows.map((row) => eventOf(row, reader.codec))
  }
}

async function ask(streams: Streams, query: LoadQuery, reader: Reader): Promise<LoadAnswer> {
  const rows = await reader.run(loadStatement(streams, query, reader))
  return loadAnswerOf(rows, reader.codec, query.backwards)
}

function seenOf(after: After | undefined): Seen | undefined {
  if (after === undefined) return undefined
  if (typeof after !== 'string') return after
  const { position } = parseCursor(after)
  return position === 0 ? undefined : { position }
}

/** Refuses a place that the log does not hold. */
function verify(after: After | undefined, seen: Place | undefined): void {
  if (after === undefined || after === '0') return
  const isThere =
    seen !== undefined && (typeof after !== 'string' || parseCursor(after).id === seen.id)
  if (!isThere) throw new ConcurrencyError({ reason: 'rewound', cursor: after })
}

async function replayedCommit(
  { fingerprint: stored, answer }: { readonly fingerprint: string; readonly answer: string },
  idempotency: Idempotency | undefined,
  reader: Reader,
): Promise<Committed> {
  const { key = '', fingerprint } = idempotency ?? {}
  if (fingerprint !== undefined && shortText(fingerprint) !== stored) {
    throw new IdempotencyError('idempotency key', key)
  }
  return await rememberedCommit(JSON.parse(answer) as Remembered, reader)
}
