import type { Scalar } from './stream.ts'

const KINDS: Readonly<Record<string, number>> = { boolean: 0, number: 1, string: 2 }
const OTHERS = 3

/** Orders strings by code point, where `<` would order by UTF-16 unit. */
export function compareStrings(left: string, right: string): number {
  let at = 0
  // Behind the end there is NaN, which equals nothing.
  while (left.charCodeAt(at) === right.charCodeAt(at)) at += 1
  return (left.codePointAt(at) ?? -1) - (right.codePointAt(at) ?? -1)
}

/** Orders booleans before numbers before strings, and everything else last. */
export function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right)
  const kind = kindOf(left)
  return kind - kindOf(right) || (kind === OTHERS ? 0 : Number(left) - Number(right))
}

/** Whether filters and orders compare a value. */
export function isScalar(value: unknown): value is Scalar {
  return (typeof value) in KINDS
}

function kindOf(value: unknown): number {
  return KINDS[typeof value] ?? OTHERS
}
