import type { Run } from './hand.ts'
import { namesOf, type PostgresTables } from './names.ts'

/**
 * The id of the event at a position, `undefined` where the log is shorter: what a cursor needs of which
 * only the position is known.
 */
export async function idAt(
  run: Run,
  tables: PostgresTables,
  position: number,
): Promise<string | undefined> {
  const { events } = namesOf(tables)
  const text = `select e.id from ${events} e where e.position = $1::text::bigint`
  const [row] = await run({ text, values: [String(position)] })
  return row?.['id'] ?? undefined
}
