/**
 * Makes `data/debian.ndjson.gz` on any Debian machine, from the changelogs of its installed packages:
 * `node examples/package-history/collect-debian.ts`.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { scrub, writeHistories, type History, type Version } from './history.ts'

interface Entry {
  readonly name: string
  readonly version: string
  readonly time: string
  readonly publisher: string
  /** The package in whose changelog the entry stands. */
  readonly changelog: string
}

interface Described {
  readonly description: string
  readonly keywords: readonly string[]
}

const heading = /^(\S+) \(([^)\s]+)\) ?([^;]*);/
const signature = /^ ?-- (.*?) *<[^>\s]+@[^>\s]+> +(.*)$/
/** Of a package made elsewhere no version ever went to one of these. */
const debianOwn = /^\S+ \([^)]+\) (?:unstable|experimental)/m
const neverUploaded = /unreleased|unrleased|skipped/i
const date = /^(?:\w{3}, *)?(\d{1,2} \w{3,9} \d{4} \d{2}:\d{2}(?::\d{2})? [+-]\d{4})/
/** Sections of packages that go with another one, which describes the source better. */
const accessories = new Set(['libdevel', 'doc', 'debug', 'oldlibs', 'localization', 'metapackages'])
const letters = { ß: 'ss', æ: 'ae', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }

const leftOut = {
  unsigned: 0,
  'never uploaded': 0,
  'without a readable date': 0,
  'without a name': 0,
}

/** `Matthias Klose` becomes `matthias-klose`; a nickname in brackets counts where it is all there is. */
function handleOf(name: string): string {
  const [outside = '', ...inside] = scrub(name).split(/[()]/)
  return slug(outside) || slug(inside.join(' '))
}

function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}|['’.]/gu, '')
  const latin = Object.entries(letters).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    plain,
  )
  return latin.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
}

function timeOf(text: string): string | undefined {
  const time = new Date(date.exec(text)?.[1] ?? Number.NaN)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

/** The entries of a changelog, oldest first; none where it is not one of Debian's. */
function entriesOf(changelog: string): Entry[] {
  const lines = changelog.split('\n')
  const newest = heading.exec(lines[0] ?? '')?.[1]
  if (newest === undefined || !debianOwn.test(changelog)) return []
  const entries: Entry[] = []
  let current: RegExpExecArray | undefined
  for (const line of lines) {
    current = heading.exec(line) ?? current
    if (current === undefined || !/^ ?-- /.test(line)) continue
    const [, name = '', version = '', distribution = ''] = current
    const [, uploader, signedAt = ''] = signature.exec(line) ?? []
    const time = timeOf(signedAt)
    const publisher = handleOf(uploader ?? '')
    if (uploader === undefined) leftOut.unsigned += 1
    else if (neverUploaded.test(distribution)) leftOut['never uploaded'] += 1
    else if (time === undefined) leftOut['without a readable date'] += 1
    else if (publisher === '') leftOut['without a name'] += 1
    else entries.push({ name, version, time, publisher, changelog: newest })
    current = undefined
  }
  return entries.toReversed()
}

/** Every changelog once: the binary packages of one source carry copies of the same. */
async function readChangelogs(): Promise<Set<string>> {
  const changelogs = new Set<string>()
  const root = '/usr/share/doc'
  for (const folder of (await readdir(root)).sort()) {
    for (const file of ['changelog.Debian.gz', 'changelog.gz']) {
      const packed = await readFile(`${root}/${folder}/${file}`).catch(() => undefined)
      if (packed) changelogs.add((await promisify(gunzip)(packed)).toString())
    }
  }
  return changelogs
}

/** What dpkg knows of each source package: the synopsis of its main package, all sections and tags. */
async function describe(): Promise<Map<string, Described>> {
  const fields = ['source:Package', 'Package', 'binary:Synopsis', 'Section', 'Tag']
  const format = fields.map((field) => `\${${field}}`).join('\t') + '\n'
  const { stdout } = await promisify(execFile)('dpkg-query', ['-W', '-f', format])
  const rows = stdout.split('\n').map((row) => row.split('\t').map(scrub))
  const described = new Map<string, Described & { weight: number }>()
  for (const [source = '', name, synopsis = '', section = '', tags = ''] of rows) {
    const known = described.get(source)
    const found = [section, ...tags.split(',').map((tag) => tag.trim())].filter(Boolean)
    const weight = name === source ? 2 : accessories.has(section) ? 0 : 1
    const main = known && known.weight >= weight ? known : { description: synopsis, weight }
    const keywords = [...new Set([...(known?.keywords ?? []), ...found])].sort()
    described.set(source, { description: main.description, weight: main.weight, keywords })
  }
  return described
}

const abouts = await describe()
const packages = new Map<string, { versions: Map<string, Version>; changelogs: Set<string> }>()
for (const changelog of await readChangelogs()) {
  for (const entry of entriesOf(changelog)) {
    const found = packages.get(entry.name) ?? { versions: new Map(), changelogs: new Set() }
    packages.set(entry.name, found)
    found.changelogs.add(entry.changelog)
    if (!found.versions.has(entry.version)) {
      found.versions.set(entry.version, [entry.version, entry.time, entry.publisher])
    }
  }
}

const histories = [...packages].map(([name, { versions, changelogs }]): History => {
  // A package that is not installed itself is told of by those that grew out of it.
  const heirs = [...changelogs].filter((heir) => heir !== name).sort()
  const about = abouts.get(name) ?? {
    description: `continued as ${heirs.join(', ')}`,
    keywords: [...new Set(heirs.flatMap((heir) => abouts.get(heir)?.keywords ?? []))].sort(),
  }
  return {
    name,
    description: about.description,
    keywords: about.keywords,
    versions: [...versions.values()].sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0)),
  }
})

await writeHistories(new URL('data/debian.ndjson.gz', import.meta.url), histories)
const versions = histories.flatMap((history) => history.versions)
const publishers = new Set(versions.map(([, , publisher]) => publisher))
console.log(
  `${histories.length} packages, ${versions.length} versions, ${publishers.size} publishers`,
)
for (const [why, count] of Object.entries(leftOut))
  console.log(`left out, ${why}: ${count} entries`)
