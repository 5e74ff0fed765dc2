import manifest from '../../../package.json' with { type: 'json' }

/** As in `node:fs`, of the one file that tests of rooms read. */
export function readFileSync(path: 'package.json'): string {
  if (path !== 'package.json') throw new Error(`A browser has no ${String(path)}`)
  return JSON.stringify(manifest)
}
