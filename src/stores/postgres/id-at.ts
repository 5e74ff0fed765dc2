import { asStoreError } from './errors.ts'
import type { Run } from './hand.ts'
import { namesOf, type PostgresTables } from './names.ts'

/** Where and how long {@link idAt} looks. */
export interface LookUp {
  readonly run: Run
  readonly tables: PostgresTables
  /** How long a connection is waited for, in milliseconds. */
  readonly patience: number
  /** On the caller's transaction. */
  readonly within: boolean
}

/**
 * The id of the event at a position, `undefined` where the log is shorter: what a cursor needs of which
 * only the position is known.
 */
export async function idAt(
  { run, tables, patience, within }: LookUp,
  position: number,
): Promise<string | undefined> {
  const { events, log } = namesOf(tables)
  const text = `select e.id from ${events} e where e.position = $1::text::bigint`
  try {
    const [row] = await run({ text, values: [String(position)] })
    return row?.['id'] ?? undefined
  } catch (error) {
    throw asStoreError(error, { what: 'read', log, patience, within })
  }
}
