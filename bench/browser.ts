import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { servePage, startTab, type Tab } from './browser-tab.ts'
import type { Measured } from './measure.ts'
import { printFigures, type Figure } from './print.ts'

const STARTS = 5

/** Compares the browser's rooms with IndexedDB and localStorage by hand, in one page of Chromium. */
export async function benchBrowser(folder: string, names: readonly string[]): Promise<void> {
  const profile = mkdtempSync(join(folder, 'chromium-'))
  await using page = await servePage()
  const start = (): Promise<Tab> => startTab(profile, page.url)
  const appends = async (durability: 'strict' | 'relaxed'): Promise<void> => {
    const [version, measured] = await inTab(start, (tab) => tab.run('appends', durability))
    const title = `IndexedDB in ${version}, 100,000 events, durability ${durability}`
    printFigures(title, appendFigures(measured))
  }
  const parts: Readonly<Record<string, () => Promise<void>>> = {
    reads: async () => {
      const [version, streams] = await inTab(start, (tab) => tab.run('reads'))
      const title = `IndexedDB in ${version}, 100,000 events, reads`
      printFigures(title, [...readFigures(streams), await firstReads(start)])
    },
    strict: () => appends('strict'),
    relaxed: () => appends('relaxed'),
    localStorage: async () => {
      const [version, measured] = await inTab(start, (tab) => tab.run('local'))
      printFigures(`localStorage in ${version}`, localFigures(measured))
    },
  }
  const wanted = names.length > 0 ? names : Object.keys(parts)
  for (const name of wanted) {
    if (!parts[name])
      throw new Error(`no part ${name}: use one of ${Object.keys(parts).join(', ')}`)
  }
  if (wanted.some((name) => name !== 'localStorage')) await inTab(start, (tab) => tab.run('fill'))
  // Reads come first: they know how many events there are.
  for (const [name, part] of Object.entries(parts)) if (wanted.includes(name)) await part()
}

/** Runs in a Chromium that was just started, and ends it. */
async function inTab<Result>(
  start: () => Promise<Tab>,
  run: (tab: Tab) => Promise<Result>,
): Promise<[version: string, result: Result]> {
  await using tab = await start()
  return [tab.version, await run(tab)]
}

function readFigures(measured: readonly Measured[]): Figure[] {
  const [getAll, load, rawOpen, open] = measured as [Measured, Measured, Measured, Measured]
  return [
    { what: 'load of 100 / raw getAll', over: load, under: getAll, atLeast: 0.5 },
    { what: 'open and load / raw', over: open, under: rawOpen, atLeast: 0.5 },
  ]
}

/** The very first read, in a Chromium that was just started: each is started anew. */
async function firstReads(start: () => Promise<Tab>): Promise<Figure> {
  const read = async (from: 'raw' | 'store'): Promise<Measured['rounds'][number]> => {
    const [, seconds] = await inTab(start, (tab) => tab.run('firstRead', from))
    return { count: 1, seconds }
  }
  const [raw, store]: Measured['rounds'][number][][] = [[], []]
  for (let round = 0; round < STARTS; round += 1) {
    raw?.push(await read('raw'))
    store?.push(await read('store'))
  }
  return {
    what: 'open and load / raw, Chromium just started',
    over: { name: 'open and load, Chromium just started', rounds: store ?? [] },
    under: { name: 'raw open and getAll, Chromium just started', rounds: raw ?? [] },
  }
}

function appendFigures(measured: readonly Measured[]): Figure[] {
  const [put, indexed, one, many, together, aggregate, rawBatch, batch] = measured as [
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
  ]
  return [
    { what: '1 caller / raw put, indexed', over: one, under: indexed, atLeast: 0.5 },
    { what: '1 caller / raw put', over: one, under: put },
    { what: '64 callers / 1 caller', over: many, under: one, atLeast: 10 },
    { what: '64 callers / raw, 64 a transaction', over: many, under: together },
    { what: 'raw, 64 a transaction / raw put, indexed', over: together, under: indexed },
    { what: 'an aggregate / raw put, indexed', over: aggregate, under: indexed },
    { what: 'batches of 100 / raw, 100 a transaction', over: batch, under: rawBatch },
  ]
}

function localFigures(measured: readonly Measured[]): Figure[] {
  const [setItem, locked, one, aggregate, items, opened] = measured as [
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
    Measured,
  ]
  return [
    { what: '1 caller / raw setItem under a lock', over: one, under: locked },
    { what: 'raw setItem under a lock / raw setItem', over: locked, under: setItem },
    { what: 'an aggregate / raw setItem under a lock', over: aggregate, under: locked },
    { what: 'open 2,000 and load / raw', over: opened, under: items },
  ]
}
