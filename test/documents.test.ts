import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startEngine } from '../src/stores/dynamodb/dynoxide.fixture.ts'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'
import { problemsInBrowser } from './browser/program.fixture.ts'

/**
 * Code in documents and in comments is compiled and run as it stands. In a document a block that follows
 * `<!-- continues -->` goes on where the block before it ended; one that follows `<!-- not run -->` is only
 * for reading. A comment's example that imports nothing may use what `examples.setting.md` has. One that
 * asks for `DATABASE_URL` is given a database of its own, one that uses DynamoDB an engine of its own, and
 * one that opens a door for browsers runs in Chromium.
 */
const [setting, settingOnDynamo, settingInBrowser] = programsOf(
  readFileSync('test/examples.setting.md', 'utf8'),
).map(({ code }) => code)
const folder = resolve('.documents')
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const documents = globSync('{*.md,docs/**/*.md,src/**/*.md}').toSorted()
const tests = '**/*.{test,test-d,fixture}.{ts,tsx}'
const sources = globSync('src/**/*.{ts,tsx}', { exclude: [tests] }).toSorted()

interface Program {
  readonly code: string
  readonly extension: string
}

const programs = [
  ...documents.flatMap((file) => named(file, programsOf(readFileSync(file, 'utf8')))),
  ...sources.flatMap((file) => named(file, examplesOf(file))),
]

function named(file: string, written: readonly Program[]) {
  return written.map(({ code, extension }, index) => {
    const name = `${file.replaceAll('/', '-')}-${index}`
    return { name, file: `${name}.${extension}`, code }
  })
}

function programsOf(markdown: string): Program[] {
  const found: Program[] = []
  const blocks = markdown.matchAll(/(?:<!-- (.+?) -->\s+)?```(tsx?)\n(.*?)```/gs)
  for (const [, mark, extension = '', code = ''] of blocks) {
    if (mark === 'not run') continue
    const before = mark === 'continues' ? found.pop()?.code : ''
    found.push({ extension, code: `${before ?? ''}${code}` })
  }
  return found
}

function examplesOf(file: string): Program[] {
  const examples = readFileSync(file, 'utf8').matchAll(/^ *\* ```(tsx?)\n(.*?)^ *\* ```/gms)
  return [...examples].map(([, extension = '', lines = '']) => {
    const code = lines.replaceAll(/^ *\* ?/gm, '')
    if (code.includes('import ')) return { code, extension }
    return { code: `${settingOf(file)}\n{\n${code}}\n`, extension: 'tsx' }
  })
}

function settingOf(file: string): string | undefined {
  if (file.includes('stores/dynamodb')) return settingOnDynamo
  return /doors\/browser|stores\/web|src\/react/.test(file) ? settingInBrowser : setting
}

test('the documents and the comments have code to run', () => {
  expect(programs.length).toBeGreaterThan(20)
})

test('every program compiles', () => {
  const app = mkdtempSync(join(folder, 'types-'))
  for (const { file, code } of programs) writeFileSync(join(app, file), code)
  const tsconfig = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false },
    include: ['*.ts', '*.tsx'],
  }
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(tsconfig))
  const { stdout } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', app], { encoding: 'utf8' })
  expect(stdout).toBe('')
})

const stores = process.env['STORES']?.split(',')
const needs = [
  { store: 'postgres', isUsedIn: (code: string) => code.includes('DATABASE_URL') },
  {
    store: 'dynamodb',
    isUsedIn: (code: string) => /client-dynamodb|eventfold\/dynamodb/.test(code),
  },
  { store: 'web', isUsedIn: (code: string) => /eventfold\/(browser|react)/.test(code) },
]
const left = needs.filter(({ store }) => stores && !stores.includes(store))
const runnable = programs.filter(({ code }) => !left.some(({ isUsedIn }) => isUsedIn(code)))
const [onPostgres, onDynamo, inBrowser] = needs.map(({ isUsedIn }) => isUsedIn) as [
  Uses,
  Uses,
  Uses,
]
type Uses = (code: string) => boolean

/** What the AWS SDK finds in the environment: a DynamoDB with nothing in it. */
async function emptyDynamo() {
  const given = process.env['DYNAMODB_ENDPOINT']
  const engine = given ? undefined : await startEngine()
  const variables = {
    AWS_ENDPOINT_URL: given ?? engine?.endpoint,
    AWS_REGION: 'eu-central-1',
    // DynamoDB Local has other tables for each key.
    AWS_ACCESS_KEY_ID: `example${Math.random().toString(36).slice(2)}`,
    AWS_SECRET_ACCESS_KEY: 'local',
  }
  return { variables, [Symbol.asyncDispose]: async () => engine?.[Symbol.asyncDispose]() }
}

test.each(runnable.filter(({ code }) => inBrowser(code)))('$name runs in Chromium', async (one) => {
  expect(await problemsInBrowser(one.code)).toEqual([])
})

const inNode = runnable.filter(({ code }) => !inBrowser(code))

test.each(inNode)('$name runs', async ({ file, code }) => {
  await using database = onPostgres(code) ? await freshDatabase() : undefined
  await using dynamo = onDynamo(code) ? await emptyDynamo() : undefined
  const cwd = mkdtempSync(join(folder, 'run-'))
  // Node runs no JSX, and none is in what it is given.
  const script = file.replace(/tsx$/, 'ts')
  writeFileSync(join(cwd, script), code)
  const args = ['--conditions=eventfold-source', script]
  const env = { ...process.env, ...dynamo?.variables, DATABASE_URL: database?.url }
  const options = { cwd, env, encoding: 'utf8' } as const
  const { status, stderr, stdout } = spawnSync(process.execPath, args, options)
  expect(`${stdout}${stderr}`).not.toContain('Assertion failed')
  expect(status, stderr).toBe(0)
})
