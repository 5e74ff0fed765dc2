import { keysOf } from '../../event/identifiers.ts'
import type { Connection } from './hand.ts'
import { decodeRows, keyTerm, typeTerm } from './terms.ts'

/** What is wrong with a log, seen from outside: the file, positions, and the index against the events. */
export function faultsOf(
  connection: Connection,
  isIdentifier: (key: string) => boolean,
): readonly string[] {
  const faults: string[] = []
  const check = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault)
  }
  const integrity = connection.query<readonly [string]>('pragma integrity_check').all()
  check(integrity[0]?.[0] === 'ok', 'the file is damaged')
  const events = connection
    .query<readonly [position: number, type: string, data: string]>(
      'select position, type, data from eventfold_events order by position',
    )
    .all()
  check(
    events.every(([position], index) => position === index + 1),
    'positions are not dense from 1',
  )
  const [filed, filing] = connection
    .query<readonly [number, number]>('select filed, filing_to from eventfold_meta')
    .get() as readonly [number, number]
  check(filed <= events.length, `filed up to ${filed}, where ${events.length} events are`)
  check(filing === 0 || filing > filed, `a filing up to ${filing} goes on after ${filed}`)

  const expected = new Index()
  for (const [position, type, data] of events) {
    const keys = keysOf(JSON.parse(data), isIdentifier).map(keyTerm)
    for (const term of [typeTerm(type), ...keys]) expected.add(term, position)
  }
  const found = new Index()
  const rows = connection
    .query<readonly [term: string, first: number, positions: string]>(
      'select term, first, positions from eventfold_index order by term, first',
    )
    .all()
  for (const [term, first, text] of rows) {
    const { positions, first: begin } = decodeRows(`[${text}]`, undefined)
    check(first === begin, `${term}: the row ${first} begins at ${begin}`)
    for (const position of positions) {
      check(expected.has(term, position), `${term}: files ${position}, which is not there`)
      found.add(term, position)
    }
  }
  for (const term of expected.terms()) {
    const [is, shall] = [found.upTo(term, filed), expected.upTo(term, filed)]
    check(is === shall, `${term}: files ${is}, expected ${shall}`)
  }
  return faults
}

class Index {
  readonly #positions = new Map<string, number[]>()

  add(term: string, position: number): void {
    const positions = this.#positions.get(term)
    if (positions) positions.push(position)
    else this.#positions.set(term, [position])
  }

  has(term: string, position: number): boolean {
    return this.#positions.get(term)?.includes(position) ?? false
  }

  upTo(term: string, last: number): string {
    return String(this.#positions.get(term)?.filter((position) => position <= last) ?? [])
  }

  terms(): Iterable<string> {
    return this.#positions.keys()
  }
}
