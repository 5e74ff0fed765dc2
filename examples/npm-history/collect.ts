/**
 * Makes `data/history.ndjson.gz` from the packages named in `data/packages.txt`: `node collect.ts`.
 * `node collect.ts zod ws` collects only those and prints them instead.
 *
 * One line per package, by name: `{ name, description, keywords, versions: [[version, time, publisher]] }`,
 * versions by time. Prereleases, versions without a publisher, and e-mail and web addresses are left out.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

type Version = [version: string, time: string, publisher: string]
interface History {
  name: string
  description: string
  keywords: string[]
  versions: Version[]
}
interface Page {
  description?: string
  keywords?: string[] | string
  time?: Record<string, string>
}

interface Entry {
  version?: string
  _npmUser?: string | { name?: string }
}

const run = promisify(execFile)
const address = /\S*(?:https?:|www\.)\S*|[^\s@]+@[^\s@]+\.[a-z]\S*/gi
const inParallel = 2

async function view(spec: string, ...fields: string[]): Promise<unknown> {
  const { stdout } = await run('npm', ['view', spec, ...fields, '--json'], { maxBuffer: 2 ** 28 })
  return stdout.trim() === '' ? undefined : JSON.parse(stdout)
}

const scrub = (text: string): string => text.replace(address, '').replace(/\s+/g, ' ').trim()

/** Throws when the registry does not tell what happened: who published, and when. */
async function collect(name: string): Promise<History> {
  const page = (await view(name, 'description', 'keywords', 'time')) as Page | undefined
  const time = page?.time
  if (!time?.['created'])
    throw new Error(`${name}: no time of creation, so its times are not publish times`)
  // npm takes '@*' for the latest version alone, and flattens the list when the first entry has one field.
  const found = await view(`${name}@>=0`, 'name', 'version', '_npmUser')
  const versions: Version[] = []
  for (const entry of [found].flat() as Entry[]) {
    const { version, _npmUser: user } = Object(entry) as Entry
    const publisher = (typeof user === 'string' ? user : user?.name)?.replace(/ *<.*/, '')
    const at = time[version ?? '']
    if (version && publisher && at) versions.push([version, new Date(at).toISOString(), publisher])
  }
  if (versions.length === 0) throw new Error(`${name}: no version names its publisher`)
  versions.sort((a, b) => a[1].localeCompare(b[1]) || a[0].localeCompare(b[0]))
  const keywords = [page?.keywords ?? []].flat().map(scrub).filter(Boolean)
  return { name, description: scrub(page?.description ?? ''), keywords, versions }
}

const here = (path: string): URL => new URL(path, import.meta.url)
const asked = process.argv.slice(2)
const list = await readFile(here('data/packages.txt'), 'utf8')
const names = asked.length > 0 ? asked : list.split('\n').filter(Boolean)

// The first package decides alone whether this registry is fit to ask at all.
const histories = [await collect(names[0] ?? '')]
const waiting = names.slice(1)
async function work(): Promise<void> {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    try {
      histories.push(await collect(name))
    } catch (error) {
      // The rest of npm's message names the registry and fills a screen.
      const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
      process.stderr.write(`\nleft out: ${reason}\n`)
    }
    process.stderr.write(`\r${names.length - waiting.length}/${names.length} ${name}\u001b[K`)
  }
}
await Promise.all(Array.from({ length: inParallel }, work))

histories.sort((a, b) => (a.name < b.name ? -1 : 1))
const lines = histories.map((history) => JSON.stringify(history) + '\n').join('')
if (asked.length > 0) process.stdout.write(lines)
else await writeFile(here('data/history.ndjson.gz'), gzipSync(lines, { level: 9 }))
const events = histories.reduce((sum, { versions }) => sum + versions.length, 0)
process.stderr.write(`\n${histories.length} packages, ${events} versions\n`)
