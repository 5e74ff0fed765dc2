import { join } from 'node:path'
import type { Plugin } from 'vite'

const at = (file: string): string => join(import.meta.dirname, file)

/** What stands in a browser where files of tests that were written for Node import something else. */
const standIns: Readonly<Record<string, string>> = {
  'node:events': at('stand-ins/node-events.fixture.ts'),
  'node:fs': at('stand-ins/node-fs.fixture.ts'),
  'node:timers/promises': at('stand-ins/node-timers-promises.fixture.ts'),
}

const everyStore = at('../../src/client/every-store.browser.fixture.ts')

/** Runs the tests of Node in a browser, on the stores that a browser has. */
export const inTheBrowser: Plugin = {
  name: 'eventfold:in-the-browser',
  enforce: 'pre',
  resolveId: (imported) =>
    imported.endsWith('/every-store.fixture.ts') ? everyStore : standIns[imported],
}
