import type { Scalar } from './stream.ts'

const KINDS: readonly string[] = ['boolean', 'number', 'string']

/** Orders strings by code point, where `<` would order by UTF-16 unit. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a !== b) return rank(a) - rank(b)
  }
  return left.length - right.length
}

/** Surrogates stand for code points above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** Orders booleans before numbers before strings, and everything else last. */
export function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right)
  const kind = kindOf(left)
  return kind - kindOf(right) || (kind === KINDS.length ? 0 : Number(left) - Number(right))
}

/** Whether filters and orders compare a value. */
export function isScalar(value: unknown): value is Scalar {
  return KINDS.includes(typeof value)
}

function kindOf(value: unknown): number {
  return isScalar(value) ? KINDS.indexOf(typeof value) : KINDS.length
}
