import type { Law } from '../law.ts'
import { appendLaws } from './append.ts'
import { conditionLaws } from './conditions.ts'
import { cursorLaws } from './cursors.ts'
import { documentQueryLaws } from './document-queries.ts'
import { documentLaws } from './documents.ts'
import { endingLaws } from './ending.ts'
import { followingLaws } from './following.ts'
import { inFlightLaws } from './in-flight.ts'
import { jsonLaws } from './json.ts'
import { limitLaws } from './limits.ts'
import { operatorLaws } from './operators.ts'
import { outboxLaws } from './outbox.ts'
import { raceLaws } from './races.ts'
import { readingLaws } from './reading.ts'
import { refusalLaws } from './refusals.ts'
import { retryLaws } from './retries.ts'
import { valueLaws } from './values.ts'
import { versionLaws } from './versions.ts'

/** Every law, in the order of the contract. */
export const laws: readonly Law[] = [
  ...appendLaws,
  ...refusalLaws,
  ...readingLaws,
  ...operatorLaws,
  ...valueLaws,
  ...jsonLaws,
  ...limitLaws,
  ...conditionLaws,
  ...cursorLaws,
  ...versionLaws,
  ...raceLaws,
  ...inFlightLaws,
  ...followingLaws,
  ...retryLaws,
  ...endingLaws,
  ...documentLaws,
  ...documentQueryLaws,
  ...outboxLaws,
]
