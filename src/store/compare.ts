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
  const kind = kindOf(left) - kindOf(right)
  if (kind !== 0) return kind
  if (typeof left === 'string') return compareStrings(left, right as string)
  if (typeof left === 'number' || typeof left === 'boolean') return Number(left) - Number(right)
  return 0
}

/** 0 boolean, 1 number, 2 string, 3 anything else. */
export function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'boolean':
      return 0
    case 'number':
      return 1
    case 'string':
      return 2
    default:
      return 3
  }
}
