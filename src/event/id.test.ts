import { build } from 'esbuild'
import { afterEach, expect, test, vi } from 'vitest'
import { createEventId } from './id.ts'

afterEach(() => vi.restoreAllMocks())

test('an id is a ULID', () => {
  expect(createEventId()).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u)
})

test('many ids in one millisecond are unique and sort in the order they were made', () => {
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 1000)
  const ids = Array.from({ length: 20_000 }, createEventId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids.map((id) => id.slice(0, 10))).size).toBe(1)
})

test('a later clock gives a later id', () => {
  const clock = vi.spyOn(Date, 'now')
  const start = Date.now() + 10_000
  const [early, late] = [start, start + 1].map((now) => {
    clock.mockReturnValue(now)
    return createEventId()
  })
  expect(early?.slice(0, 10)).not.toBe(late?.slice(0, 10))
  expect(String(late) > String(early)).toBe(true)
})

test('a clock that goes back does not take the ids with it', () => {
  const clock = vi.spyOn(Date, 'now')
  const start = Date.now() + 20_000
  const times = [start, start - 1, start - 86_400_000, 0, start, start + 1, start - 5]
  const ids = times.map((now) => {
    clock.mockReturnValue(now)
    return createEventId()
  })
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

test('in a browser it needs no built-in of Node', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: ['src/event/id.ts'],
    platform: 'browser',
    format: 'esm',
    bundle: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
  const code = new TextDecoder().decode(outputFiles[0]?.contents)
  const { createEventId: inBrowser } = (await import(
    `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  )) as { createEventId: () => string }
  expect(inBrowser()).toHaveLength(26)
})
