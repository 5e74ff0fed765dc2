import type { Law } from '../law.ts'
import { appendLaws } from './append.ts'
import { readingLaws } from './reading.ts'

/** Every law, in the order of the contract. */
export const laws: readonly Law[] = [...appendLaws, ...readingLaws]
