import { checkAt, filled, is, list, oneOf, type Check, type Path } from '../../store/check-value.ts'

const milliseconds = is(
  'a number of milliseconds',
  (value) => typeof value === 'number' && value >= 0,
)

interface Options {
  readonly identifiers?: unknown
  readonly synchronous?: unknown
  readonly busyTimeout?: unknown
  readonly queueLimit?: unknown
}

const checks: Readonly<Record<keyof Options, Check>> = {
  identifiers: list(filled),
  synchronous: oneOf('FULL', 'NORMAL'),
  busyTimeout: milliseconds,
  queueLimit: is(
    'a whole number from 1',
    (value) => Number.isSafeInteger(value) && Number(value) > 0,
  ),
}

/** Refuses what plain JavaScript may give in the place of an option. */
export function checkOptions(options: Options): void {
  const path: Path = ['options']
  for (const [key, value] of Object.entries(options)) {
    checkAt(key, checks[key as keyof Options], value, path)
  }
}
