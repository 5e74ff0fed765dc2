import { expect, test } from 'vitest'
import { isLong, shortText } from './short-text.ts'

test.each([
  ['an empty text', ''],
  ['a short one', 'cartId=s:cart_1'],
  ['512 bytes', 'x'.repeat(512)],
  ['512 bytes of three each', `${'€'.repeat(170)}xx`],
])('%s stays as it is', (_, text) => {
  expect(shortText(text)).toBe(text)
  expect(isLong(text)).toBe(false)
})

test.each([
  ['513 bytes', 'x'.repeat(513)],
  ['513 bytes in 171 characters', '€'.repeat(171)],
  ['10 kB', 'x'.repeat(10_000)],
])('of %s the hash is kept', (_, text) => {
  expect(shortText(text)).toMatch(/^sha256:[0-9a-f]{64}$/u)
  expect(shortText(text)).not.toBe(shortText(`${text}x`))
  expect(isLong(text)).toBe(true)
})
