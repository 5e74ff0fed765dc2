import type { Law } from '../law.ts'
import { aggregateAppendLaws } from './aggregate-appends.ts'
import { aggregateLaws } from './aggregates.ts'
import { appendLaws } from './append.ts'
import { conditionLaws } from './conditions.ts'
import { cursorLaws } from './cursors.ts'
import { documentGuardLaws } from './document-guards.ts'
import { documentQueryLaws } from './document-queries.ts'
import { documentLaws } from './documents.ts'
import { endingLaws } from './ending.ts'
import { followingLaws } from './following.ts'
import { inFlightLaws } from './in-flight.ts'
import { indexLaws } from './indexes.ts'
import { jsonLaws } from './json.ts'
import { limitLaws } from './limits.ts'
import { notJsonLaws } from './not-json.ts'
import { operatorLaws } from './operators.ts'
import { outboxLaws } from './outbox.ts'
import { pagingLaws } from './paging.ts'
import { raceLaws } from './races.ts'
import { readingLaws } from './reading.ts'
import { refusalLaws } from './refusals.ts'
import { relayLaws } from './relay.ts'
import { repeatedIdLaws } from './repeated-ids.ts'
import { retryLaws } from './retries.ts'
import { serialOrderLaws } from './serial-order.ts'
import { snapshotLaws } from './snapshots.ts'
import { valueLaws } from './values.ts'
import { versionLaws } from './versions.ts'
import { visibilityLaws } from './visibility.ts'

/** Every law, in the order of the contract. */
export const laws: readonly Law[] = [
  ...appendLaws,
  ...refusalLaws,
  ...readingLaws,
  ...pagingLaws,
  ...operatorLaws,
  ...valueLaws,
  ...jsonLaws,
  ...notJsonLaws,
  ...limitLaws,
  ...conditionLaws,
  ...cursorLaws,
  ...versionLaws,
  ...raceLaws,
  ...serialOrderLaws,
  ...inFlightLaws,
  ...followingLaws,
  ...retryLaws,
  ...repeatedIdLaws,
  ...endingLaws,
  ...documentLaws,
  ...documentGuardLaws,
  ...documentQueryLaws,
  ...outboxLaws,
  ...visibilityLaws,
  ...snapshotLaws,
  ...indexLaws,
  ...aggregateAppendLaws,
  ...aggregateLaws,
  ...relayLaws,
]
