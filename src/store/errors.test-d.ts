import { expectTypeOf, test } from 'vitest'
import {
  isEventfoldError,
  type ArgumentError,
  type ConcurrencyError,
  type ErrorCode,
  type ErrorOfCode,
  type EventfoldError,
  type IdempotencyError,
  type LimitError,
  type RejectedError,
  type StoreError,
  type ValidationError,
} from './errors.ts'

test('a code gives the class that carries its fields', () => {
  expectTypeOf<ErrorOfCode<'CONFLICT'>>().toEqualTypeOf<ConcurrencyError>()
  expectTypeOf<ErrorOfCode<'REJECTED'>>().toEqualTypeOf<RejectedError>()
  expectTypeOf<ErrorOfCode<'INVALID_EVENT'>>().toEqualTypeOf<ValidationError>()
  expectTypeOf<ErrorOfCode<'IDEMPOTENCY_MISMATCH'>>().toEqualTypeOf<IdempotencyError>()
  expectTypeOf<ErrorOfCode<'LIMIT'>>().toEqualTypeOf<LimitError>()
  expectTypeOf<ErrorOfCode<'STORE'>>().toEqualTypeOf<StoreError>()
  expectTypeOf<ErrorOfCode<'CLOSED'>['code']>().toEqualTypeOf<'CLOSED'>()
  expectTypeOf<ErrorOfCode<ErrorCode>>().toExtend<EventfoldError>()
})

test('an error narrows by the code that is asked for', () => {
  const error: unknown = undefined
  if (isEventfoldError(error, 'CONFLICT')) {
    expectTypeOf(error).toEqualTypeOf<ConcurrencyError>()
    expectTypeOf(error.conflict.reason).toEqualTypeOf<
      'condition' | 'version' | 'document' | 'rewound'
    >()
  }
  if (isEventfoldError(error, 'LIMIT')) expectTypeOf(error.actual).toBeNumber()
})

test('an error narrows by the code that it has', () => {
  const error: unknown = undefined
  if (!isEventfoldError(error)) return
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
  expectTypeOf(error.outcome).toEqualTypeOf<'none' | 'unknown'>()
  switch (error.code) {
    case 'STORE':
      expectTypeOf(error.fault).toExtend<string>()
      break
    case 'INVALID_EVENT':
      expectTypeOf(error.issues).toExtend<readonly unknown[]>()
      break
    default:
      expectTypeOf(error).toExtend<EventfoldError>()
  }
})

test('codes that do not exist are refused', () => {
  // @ts-expect-error misspelt
  expectTypeOf(isEventfoldError(undefined, 'CONFLIKT')).toBeBoolean()
  expectTypeOf<ArgumentError['code']>().toEqualTypeOf<'INVALID_ARGUMENT'>()
})
