import { isObject } from '../../store/check-value.ts'
import { isEventfoldError, StoreError, type EventfoldError } from '../../store/errors.ts'

/** A request that failed as a whole. What the service did with it is unknown, unless it said no. */
export function failureOf(what: string, cause: unknown): EventfoldError {
  if (isEventfoldError(cause)) return cause
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  const status = statusOf(cause)
  const isRefusal = status !== undefined && status >= 400 && status < 500
  return new StoreError('driver', `Cannot ${what}: ${name}: ${message}`, {
    cause,
    retryable: !isRefusal || status === 429 || /throttl|TooManyRequests|Limit/iu.test(name),
    outcome: isRefusal ? 'none' : 'unknown',
  })
}

/** One entry that a service refused, while the request as a whole was answered. */
export function refusalOf(
  target: string,
  what: string,
  answer: { readonly code?: string | undefined; readonly message?: string | undefined },
  retryable: boolean,
): EventfoldError {
  const { code = 'no answer', message = 'it is not in the answer' } = answer
  return new StoreError('driver', `${target} refused ${what}: ${code}: ${message}`, { retryable })
}

function statusOf(cause: unknown): number | undefined {
  const metadata: unknown = (cause as { readonly $metadata?: unknown } | undefined)?.$metadata
  const status = isObject(metadata) ? metadata['httpStatusCode'] : undefined
  return typeof status === 'number' ? status : undefined
}
