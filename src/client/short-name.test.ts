import { expect, onTestFinished, test, vi } from 'vitest'
import { shortName } from './short-name.ts'

test('parts never run into each other', async () => {
  expect(await shortName(['a#b', 'c'])).not.toBe(await shortName(['a', 'b#c']))
  expect(await shortName(['a","b'])).not.toBe(await shortName(['a', 'b']))
})

test('what is longer than 255 bytes is hashed', async () => {
  const [fits, long, other] = ['x'.repeat(251), 'é'.repeat(126), 'é'.repeat(127)]
  expect(await shortName([fits])).toBe(JSON.stringify([fits]))
  expect(await shortName([long])).toMatch(/^sha256:[\da-f]{64}$/)
  expect(await shortName([long])).not.toBe(await shortName([other]))
})

test('where nothing hashes, as on a page without https, what is longer is refused by name', async () => {
  vi.stubGlobal('crypto', {})
  onTestFinished(() => void vi.unstubAllGlobals())
  expect(await shortName(['short'])).toBe('["short"]')
  await expect(shortName(['x'.repeat(300)])).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(/xxx.* has 304 bytes.*HTTPS/),
  })
})
