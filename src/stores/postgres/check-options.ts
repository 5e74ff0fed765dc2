import {
  anything,
  checkAt,
  filled,
  is,
  list,
  object,
  optional,
  refuse,
  type Check,
} from '../../store/check-value.ts'

/** Names of indexes are longer than their table's, and PostgreSQL takes 63 bytes. */
const NAME_BYTES = 45

const milliseconds = is(
  'a whole number of milliseconds from 1',
  (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31,
)
const count = is(
  'a whole number from 1',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
)
const flag = is('true or false', (value) => typeof value === 'boolean')
const name: Check = (value, path) => {
  filled(value, path)
  if (Buffer.byteLength(value as string) > NAME_BYTES) {
    refuse(path, `at most ${NAME_BYTES} bytes`, value)
  }
}
const table = object({ name }, { schema: name })
const tables = object({}, { events: table, projections: table })

const known = object(
  {},
  {
    pool: anything,
    tables,
    identifiers: list(filled),
    codec: anything,
    lockTimeout: milliseconds,
    queueLimit: count,
    earlyRelease: flag,
    plainStatements: flag,
  },
)

/** Refuses options that could not be meant. */
export function checkOptions(options: object, procedures = true): void {
  known(options, ['options'])
  const { earlyRelease, plainStatements } = options as Readonly<Record<string, unknown>>
  if (earlyRelease === true && (plainStatements === true || !procedures)) {
    refuse(
      ['earlyRelease'],
      'false with plainStatements and PGlite, which cannot commit in a procedure',
      true,
    )
  }
}

/** Refuses names of tables that could not be meant. */
export function checkTables(given: unknown): void {
  checkAt('tables', optional(tables), given, [])
}
