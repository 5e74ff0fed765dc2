import { is, isObject, object, type Check } from '../store/check-value.ts'

/** The longest time that timers can wait. */
export const LONGEST_TIMER: number = 2 ** 31 - 1

const milliseconds = is(
  `a number of milliseconds over 0, at most ${LONGEST_TIMER}`,
  (value) => typeof value === 'number' && value > 0 && value <= LONGEST_TIMER,
)

const signal = is(
  'an AbortSignal',
  (value) => isObject(value) && typeof value['addEventListener'] === 'function',
)

const isName = (value: unknown): boolean =>
  typeof value === 'string' &&
  value !== '' &&
  value.isWellFormed() &&
  !value.includes('\0') &&
  new TextEncoder().encode(value).length <= 255

const withFunction =
  (name: string) =>
  (value: unknown): boolean =>
    isObject(value) && typeof value[name] === 'function'

/** What `createOutboxRelay` takes. */
export const checkOptions: Check = object(
  {
    store: is('an event store', withFunction('commit')),
    publisher: is('an object with a function publish', withFunction('publish')),
    name: is('a text of 1 to 255 bytes without NUL and lone surrogates', isName),
  },
  {
    batchSize: is(
      'a whole number from 1 to 1000',
      (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 1000,
    ),
    pollInterval: milliseconds,
    leaseDuration: milliseconds,
    onError: is('a function', (value) => typeof value === 'function'),
    signal,
  },
)

/** What `run` and `drain` take. */
export const checkCall: Check = object({}, { signal })
