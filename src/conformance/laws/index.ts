import type { Law } from '../law.ts'
import { appendLaws } from './append.ts'
import { jsonLaws } from './json.ts'
import { operatorLaws } from './operators.ts'
import { readingLaws } from './reading.ts'
import { valueLaws } from './values.ts'

/** Every law, in the order of the contract. */
export const laws: readonly Law[] = [
  ...appendLaws,
  ...readingLaws,
  ...operatorLaws,
  ...valueLaws,
  ...jsonLaws,
]
