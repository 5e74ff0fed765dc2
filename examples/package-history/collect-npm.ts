/**
 * Makes `data/npm.ndjson.gz` from the packages named in `data/npm-packages.txt`:
 * `node examples/package-history/collect-npm.ts`. With names (`… collect-npm.ts zod ws`) it collects
 * only those and prints them instead.
 *
 * It needs a registry that tells publish times and publishers. Some mirrors tell neither; the first
 * package finds that out, and nothing is written.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { scrub, toLines, writeHistories, type History, type Version } from './history.ts'

const page = z.object({
  description: z.string().default(''),
  keywords: z.union([z.array(z.string()), z.string().transform((word) => [word])]).default([]),
  time: z.record(z.string(), z.string()).default({}),
})
const user = z.object({ name: z.string() })
const release = z
  .object({
    version: z.string(),
    // npm prints `name <address>` in a list and the fields of a single version.
    _npmUser: z.union([z.string(), user.transform(({ name }) => name)]),
  })
  .transform(({ version, _npmUser: name }) => ({ version, publisher: name.replace(/ *<.*/, '') }))

async function view(spec: string, ...fields: string[]): Promise<unknown> {
  const asked = ['view', spec, ...fields, '--json']
  const { stdout } = await promisify(execFile)('npm', asked, { maxBuffer: 2 ** 28 })
  return JSON.parse(stdout || '{}')
}

/** Throws where the registry does not tell what happened: who published, and when. */
async function collect(name: string): Promise<History> {
  const { description, keywords, time } = page.parse(
    await view(name, 'description', 'keywords', 'time'),
  )
  if (!time['created']) throw new Error(`${name}: the registry does not tell when it was published`)
  // Without a second field npm flattens the list; `@*` would give the latest version alone.
  const found = [await view(`${name}@>=0`, 'version', '_npmUser')].flat()
  const versions = found.flatMap((entry): Version[] => {
    const { data } = release.safeParse(entry)
    const at = time[data?.version ?? '']
    return data?.publisher && at ? [[data.version, new Date(at).toISOString(), data.publisher]] : []
  })
  if (versions.length === 0) throw new Error(`${name}: the registry does not tell who published it`)
  return {
    name,
    description: scrub(description),
    keywords: keywords.map(scrub).filter(Boolean),
    versions: versions.sort((a, b) => a[1].localeCompare(b[1]) || a[0].localeCompare(b[0])),
  }
}

/** The first line: the rest of npm's message names the registry and fills a screen. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}

function stop(error: unknown): never {
  process.stderr.write(`${reasonOf(error)}\nNothing was written: this registry cannot be used.\n`)
  process.exit(1)
}

const asked = process.argv.slice(2)
const list = await readFile(new URL('data/npm-packages.txt', import.meta.url), 'utf8')
const [first = '', ...others] = asked.length > 0 ? asked : list.split('\n').filter(Boolean)

// The first package decides alone whether this registry is fit to be asked at all.
const histories = [await collect(first).catch(stop)]
for (const [index, name] of others.entries()) {
  try {
    histories.push(await collect(name))
  } catch (error) {
    process.stderr.write(`\nleft out: ${reasonOf(error)}\n`)
  }
  process.stderr.write(`\r${index + 2} of ${others.length + 1}: ${name}\u001b[K`)
}

if (asked.length > 0) process.stdout.write(toLines(histories))
else await writeHistories(new URL('data/npm.ndjson.gz', import.meta.url), histories)
const versions = histories.reduce((sum, history) => sum + history.versions.length, 0)
process.stderr.write(`\n${histories.length} packages, ${versions} versions\n`)
