import { filled, is, isObject, object, type Check } from '../../store/check-value.ts'

/** Options that every handler of a stream has. */
export const readingChecks: Readonly<Record<string, Check>> = {
  keyNames: object({ pk: filled, sk: filled }),
  codec: is('a codec', (value) => isObject(value) && typeof value['decode'] === 'function'),
  reportBatchItemFailures: is('a boolean', (value) => typeof value === 'boolean'),
  log: is('a function', (value) => typeof value === 'function'),
}
