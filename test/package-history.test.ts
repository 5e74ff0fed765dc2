import { execFile, spawn } from 'node:child_process'
import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createEventClient } from 'eventfold'
import { openSqlite } from 'eventfold/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { events } from '../examples/package-history/events.ts'
import { readHistories, writeHistories, type History } from '../examples/package-history/history.ts'

const example = join(import.meta.dirname, '../examples/package-history')
const main = ['--conditions=eventfold-source', join(example, 'main.ts')]

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let folder: string
let fullData: Map<string, History[]>
const small = () => join(folder, 'small')
const database = (name: string) => join(folder, `${name}.db`)

/** As `npm start -- …` does. */
function start(db: string, data: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const given = [...main, '--db', database(db), '--data', data, ...args]
    const child = execFile(process.execPath, given, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
}

/** Starts on the whole data and kills the process as soon as it says so. */
function startAndKill(db: string, when: RegExp): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...main, '--db', database(db)])
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (when.test(said)) child.kill('SIGKILL')
    })
    child.stdout.resume()
    child.on('close', (_code, signal) => resolve(signal))
  })
}

async function logOf(db: string): Promise<unknown[]> {
  const client = createEventClient({ store: openSqlite(database(db)), events })
  try {
    return await Array.fromAsync(client.readEvents({ streams: 'all' }), (event) => [
      event.position,
      event.type,
      event.data,
    ])
  } finally {
    await client.close()
  }
}

async function viewsOf(db: string): Promise<unknown[]> {
  const client = createEventClient({ store: openSqlite(database(db)), events })
  try {
    const pages = await Promise.all(
      ['package', 'publisher', 'calendar'].map((type) => client.queryProjections({ type })),
    )
    return pages.flatMap(({ documents }) => documents.map(({ type, id, data }) => [type, id, data]))
  } finally {
    await client.close()
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-history-'))
  fullData = await readHistories(join(example, 'data'))
  const few = (fullData.get('debian') ?? []).filter(({ name }) =>
    ['bash', 'dash', 'make', 'make-dfsg', 'zlib', 'lz4', 'openssl'].includes(name),
  )
  await mkdir(small())
  await writeHistories(pathToFileURL(join(small(), 'debian.ndjson.gz')), few)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the data', () => {
  test('is real, in order, and has no addresses', () => {
    const histories = fullData.get('debian') ?? []
    const names = histories.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1)))
    const releases = histories.flatMap(({ name, versions }) =>
      versions.map(([version]) => `${name}@${version}`),
    )
    expect(releases.length).toBeGreaterThan(11_000)
    expect(new Set(releases).size).toBe(releases.length)
    for (const { versions } of histories) {
      const times = versions.map(([, time]) => time)
      expect(times).toEqual(times.toSorted())
    }
    expect(JSON.stringify(histories)).not.toMatch(/:\/\/|www\.|[\w.]@\w/)
  })
})

describe('npm start', () => {
  test('imports, folds and shows; a second run has nothing to do', async () => {
    const first = await start('twice', small())
    expect(first.stderr).toMatch(/import 100 %/)
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/import {2}[\d,]+ events appended in .* a second\n/)
    expect(first.stdout).toMatch(/fold {4}[\d,]+ views folded from the log/)
    expect(first.stdout).toContain('nothing appended: the log has it already')
    expect(first.stdout).toContain('refused: debian/nobody-knows does not exist')
    expect(first.stdout).toMatch(/@matthias-klose +\d+/)
    expect(first.stdout).toMatch(/make-dfsg +\d+/)
    const log = await logOf('twice')
    const views = await viewsOf('twice')

    const second = await start('twice', small())
    expect(second.code).toBe(0)
    expect(second.stdout).toContain(`nothing new: the log has all ${log.length} events`)
    expect(second.stdout).toContain('nothing new: the saved views have seen the whole log')
    expect(await logOf('twice')).toEqual(log)
    expect(await viewsOf('twice')).toEqual(views)
  })

  test('appends what is new in the data, and nothing else', async () => {
    await start('grown', small())
    const before = await logOf('grown')
    const grown = join(folder, 'grown')
    await mkdir(grown)
    const few = (await readHistories(small())).get('debian') ?? []
    const bash = few.find(({ name }) => name === 'bash')
    await writeHistories(pathToFileURL(join(grown, 'debian.ndjson.gz')), [
      ...few.filter((history) => history !== bash),
      { ...bash!, versions: [...bash!.versions, ['99-1', '2030-01-01T00:00:00.000Z', 'somebody']] },
    ])
    const { stdout } = await start('grown', grown)
    expect(stdout).toMatch(/1 events? appended/)
    const after = await logOf('grown')
    expect(after.slice(0, -1)).toEqual(before)
    expect(after.at(-1)).toMatchObject([after.length, 'VERSION_PUBLISHED', { version: '99-1' }])
    expect((await start('grown', grown, '@somebody')).stdout).toMatch(/bash +99-1 +2030-01-01/)
    expect((await start('grown', grown, 'pkg:bash')).stdout).toMatch(/99-1 +2030-01-01 +@somebody/)
  })

  test('says where data is missing', async () => {
    const { code, stderr } = await start('no-data', join(folder, 'nowhere'))
    expect(code).toBe(1)
    expect(stderr).toContain('nowhere')
  })
})

describe('an import that is disturbed', () => {
  const data = join(example, 'data')
  let log: unknown[]
  let views: unknown[]
  beforeAll(async () => {
    expect((await start('undisturbed', data)).code).toBe(0)
    log = await logOf('undisturbed')
    views = await viewsOf('undisturbed')
  })

  test('by a kill, again and again, ends with the same log', async () => {
    const sizes: number[] = []
    const moments = [/import/, /(import.*\s+){2}/, /(import.*\s+){3}/, /fold/, /(fold.*\s+){3}/]
    for (const when of moments) {
      expect(await startAndKill('killed', when)).toBe('SIGKILL')
      sizes.push((await logOf('killed')).length)
    }
    expect(sizes[0]).toBeGreaterThan(0)
    expect(sizes[0]).toBeLessThan(log.length)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))

    expect((await start('killed', data)).code).toBe(0)
    expect(await logOf('killed')).toEqual(log)
    expect(await viewsOf('killed')).toEqual(views)
  })

  test('by a second one at the same time, ends with the same log', async () => {
    const both = await Promise.all([start('both', data), start('both', data)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(await logOf('both')).toEqual(log)
    expect(await viewsOf('both')).toEqual(views)
  })
})

describe('a question', () => {
  beforeAll(async () => {
    await start('asked', small())
  })
  const ask = (...question: string[]) => start('asked', small(), ...question)

  test('about a package, a publisher, or anything', async () => {
    const bash = await ask('pkg:bash')
    expect(bash.code).toBe(0)
    expect(bash.stdout).toMatch(/bash · GNU Bourne Again SHell\n +24 releases by 2 publishers/)
    expect(bash.stdout).toMatch(/5\.2\.15-2 +2023-01-02 +@matthias-klose/)
    const publisher = await ask('@matthias-klose')
    expect(publisher.stdout).toMatch(/bash +22/)
    const found = await ask('compression', 'library')
    expect(found.stdout).toMatch(/package .*\n +zlib .*\n +lz4 /)
    expect(bash.stderr + publisher.stderr + found.stderr).toBe('')
  })

  test('on a new database imports first', async () => {
    const { code, stdout } = await start('asked-first', small(), 'pkg:zlib')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\nzlib · compression library/)
  })

  test.each([
    ['pkg:bahs', 'There is no package "bahs"', 'pkg:bash'],
    ['@matias', 'There is no publisher "@matias"', '@matthias-klose'],
    ['zlip', 'No package is about "zlip"', 'pkg:zlib'],
    ['pkg:qqqqqqqq', 'There is no package "qqqqqqqq"', '--help'],
  ])('without an answer is told what is near: %s', async (question, message, near) => {
    const { code, stdout, stderr } = await ask(question)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain(`npm start -- ${near}`)
  })

  test('that is a mistake is told how to ask', async () => {
    expect((await ask('--help')).stdout).toContain('Usage: npm start')
    const { code, stderr } = await ask('--depth')
    expect(code).toBe(1)
    expect(stderr).toContain("Unknown option '--depth'")
  })
})
