import type { StoredEvent } from '../../event/event.ts'
import { refuse } from '../../store/check-value.ts'
import { formatCursor, START } from '../../store/cursor.ts'
import { ConcurrencyError } from '../../store/errors.ts'
import type { Cursor } from '../../store/stream.ts'

/** The ids of so many events are remembered. */
const MOST = 10_000

/** Turns positions, which are the ids of this door, into cursors, which name their evidence. */
export interface Positions {
  /** Remembers an event that was given out. */
  readonly add: (event: StoredEvent) => void
  /** What is remembered. */
  readonly idOf: (position: number) => string | undefined
  /** The cursor of a position. Throws `CONFLICT`, reason `rewound`, where the log is shorter. */
  readonly cursorOf: (id: bigint, name: string) => Promise<Cursor>
}

/**
 * A position alone cannot tell whether the log was rewound under the reader, the id of the event there
 * can. It is remembered from when the event was read or written; else the log is asked. On a transaction
 * what is known outside is known too, but not the other way round: it may be rolled back.
 */
export function createPositions(
  idAt: (position: number) => Promise<string | undefined>,
  others?: Positions,
): Positions {
  const ids = new Map<number, string>()
  const idOf = (position: number): string | undefined => ids.get(position) ?? others?.idOf(position)
  const remember = (position: number, id: string): void => {
    ids.delete(position)
    ids.set(position, id)
    if (ids.size > MOST) ids.delete(ids.keys().next().value as number)
  }
  return {
    add: ({ position, id }) => remember(position, id),
    idOf,
    cursorOf: async (given, name) => {
      if (typeof given !== 'bigint' || given < 0n) {
        refuse([name], "an event's id, a bigint from 0n", given)
      }
      if (given === 0n) return formatCursor(START)
      const position = Number(given)
      const id = idOf(position) ?? (Number.isSafeInteger(position) && (await idAt(position)))
      if (typeof id !== 'string') {
        throw new ConcurrencyError({ reason: 'rewound', cursor: String(given) })
      }
      remember(position, id)
      return formatCursor({ position, id })
    },
  }
}
