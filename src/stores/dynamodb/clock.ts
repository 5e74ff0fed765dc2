import { randomBytes } from 'node:crypto'
import { StoreError } from '../../store/errors.ts'

/**
 * The place of an event in time: a ULID, whose first bits are its position. As text it orders like the
 * position; the random rest tells two places of one position apart, and is the evidence of a cursor.
 */
export type At = string

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const EPOCH = Date.UTC(2020)
/** Positions in a millisecond. */
const STEPS = 4096
/** Digits of a ULID: its time, then the counter, then what is random. */
const TIME = 10
const COUNTER = 3
const RANDOM = 11
/** Digits that are made of those before, by which an id that a store gave is known. */
const CHECK = 2

const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u

/** Gives places that only grow: after every place that it gave or was shown, whatever the clock does. */
export interface Clock {
  /** So many places in a row. Throws `STORE` where the time is beyond what a position can say. */
  readonly take: (count: number) => At[]
  /** Shows a place that a partition has: what is taken later comes after it. Throws as `take`. */
  readonly see: (at: At, pk: string) => void
}

export function createClock(now: () => number = Date.now): Clock {
  let last = 0
  return {
    take: (count) => {
      const time = now()
      const first = Math.max((time - EPOCH) * STEPS, last + 1)
      if (!(first <= Number.MAX_SAFE_INTEGER - count)) throw endOfTime(time, last)
      last = first + count - 1
      return Array.from({ length: count }, (_, index) => atOf(first + index))
    },
    see: (at, pk) => {
      const position = positionOf(at)
      if (!Number.isSafeInteger(position)) throw placeTooLate(at, pk)
      last = Math.max(last, position)
    },
  }
}

function endOfTime(time: number, last: number): StoreError {
  const met = last > 0 ? `, the latest place it met is ${atOf(last)}` : ''
  return new StoreError(
    'driver',
    `Cannot give the events a place: the clock of this machine says ${dateOf(time)}${met}, and positions end in 2089. Set the clock, or look which writer's clock was wrong.`,
  )
}

function placeTooLate(at: At, pk: string): StoreError {
  return new StoreError(
    'driver',
    `Cannot write after the place ${at} in the head of ${pk}: it is of ${dateOf(timeOf(at))}, and positions end in 2089. Look which writer's clock was wrong, and mend the partition.`,
  )
}

function dateOf(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString()
}

export function isAt(text: string): boolean {
  return PATTERN.test(text)
}

/** Milliseconds since 2020 × 4096, and a counter: a safe integer until 2089. */
export function positionOf(at: At): number {
  return (timeOf(at) - EPOCH) * STEPS + numberOf(at.slice(TIME, TIME + COUNTER))
}

/** The time of a place, in milliseconds since 1970, as the clock of its writer had it. */
export function timeOf(at: At): number {
  return numberOf(at.slice(0, TIME))
}

/** A place of the position, unlike every other one. */
export function atOf(position: number): At {
  const time = EPOCH + Math.floor(position / STEPS)
  let digits = digitsOf(time, TIME) + digitsOf(position % STEPS, COUNTER)
  for (const byte of randomBytes(RANDOM)) digits += DIGITS.charAt(byte & 31)
  return digits + checkOf(digits)
}

/** Whether an id is a place that a store has given, and hardly a ULID of anybody else. */
export function isGiven(id: string): boolean {
  return isAt(id) && id.endsWith(checkOf(id.slice(0, -CHECK)))
}

function checkOf(digits: string): string {
  let sum = 0
  for (const digit of digits) sum = (sum * 33 + DIGITS.indexOf(digit)) % 1021
  return digitsOf(sum, CHECK)
}

function numberOf(digits: string): number {
  let value = 0
  for (const digit of digits) value = value * 32 + DIGITS.indexOf(digit)
  return value
}

function digitsOf(value: number, count: number): string {
  let digits = ''
  for (let rest = value; digits.length < count; rest = Math.floor(rest / 32)) {
    digits = DIGITS.charAt(rest % 32) + digits
  }
  return digits
}
