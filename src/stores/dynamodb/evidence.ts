import { ConcurrencyError } from '../../store/errors.ts'
import type { Cursor } from '../../store/stream.ts'
import type { Access } from './access.ts'
import { seenKey } from './seen.ts'
import { compareVectors, parseVector, type Vector } from './vector.ts'

/** Refuses a cursor that names a place which the log does not hold. */
export async function proveCursor(cursor: Cursor, access: Access): Promise<void> {
  if (!(await isThere(parseVector(cursor), access))) {
    throw new ConcurrencyError({ reason: 'rewound', cursor })
  }
}

/** Positive where the first has seen more, zero where as much; also where the second is of a log that is gone. */
export async function compareDocumentCursors(
  written: Cursor,
  stored: Cursor,
  access: Access,
): Promise<number> {
  const vector = parseVector(stored)
  const order = compareVectors(parseVector(written), vector)
  if (order === 'newer') return 1
  if (order === 'same') return 0
  // A document ahead of a log that was rewound reflects what no longer exists.
  return (await isThere(vector, access)) ? -1 : 1
}

async function isThere(vector: Vector, { table }: Access): Promise<boolean> {
  const seen = [...vector].filter(([, { at }]) => at !== '')
  const items = await table.getAll(seen.map(([pk, place]) => ({ pk, sk: seenKey(pk, place) })))
  return seen.every(([, { at }], index) => items[index]?.['at'] === at)
}
