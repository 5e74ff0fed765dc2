import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startEngine } from '../src/stores/dynamodb/dynoxide.fixture.ts'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

/**
 * Code in documents and in comments is compiled and run as it stands. In a document a block that follows
 * `<!-- continues -->` goes on where the block before it ended; one that follows `<!-- not run -->` is only
 * for reading. A comment's example that imports nothing may use what `examples.setting.md` has. One that
 * asks for `DATABASE_URL` is given a database of its own, and one that uses DynamoDB an engine of its own.
 */
const [setting = '', settingOnDynamo = ''] = programsOf(
  readFileSync('test/examples.setting.md', 'utf8'),
)
const folder = resolve('.documents')
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const documents = globSync('{*.md,docs/**/*.md,src/**/*.md}').toSorted()
const sources = globSync('src/**/*.ts', { exclude: ['**/*.{test,test-d,fixture}.ts'] }).toSorted()
const programs = [
  ...documents.flatMap((file) => named(file, programsOf(readFileSync(file, 'utf8')))),
  ...sources.flatMap((file) => named(file, examplesOf(file))),
]

function named(file: string, codes: readonly string[]) {
  return codes.map((code, index) => ({ name: `${file.replaceAll('/', '-')}-${index}`, code }))
}

function programsOf(markdown: string): string[] {
  const codes: string[] = []
  for (const [, mark, code = ''] of markdown.matchAll(/(?:<!-- (.+?) -->\s+)?```ts\n(.*?)```/gs)) {
    if (mark === 'not run') continue
    if (mark === 'continues') codes.push(`${codes.pop() ?? ''}${code}`)
    else codes.push(code)
  }
  return codes
}

function examplesOf(file: string): string[] {
  const here = file.includes('stores/dynamodb') ? settingOnDynamo : setting
  return [...readFileSync(file, 'utf8').matchAll(/^ *\* ```ts\n(.*?)^ *\* ```/gms)].map(
    ([, lines = '']) => {
      const code = lines.replaceAll(/^ *\* ?/gm, '')
      return code.includes('import ') ? code : `${here}\n{\n${code}}\n`
    },
  )
}

test('the documents and the comments have code to run', () => {
  expect(programs.length).toBeGreaterThan(20)
})

test('every program compiles', () => {
  const app = mkdtempSync(join(folder, 'types-'))
  for (const { name, code } of programs) writeFileSync(join(app, `${name}.ts`), code)
  const tsconfig = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false },
    include: ['*.ts'],
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
]
const left = needs.filter(({ store }) => stores && !stores.includes(store))
const runnable = programs.filter(({ code }) => !left.some(({ isUsedIn }) => isUsedIn(code)))
const [onPostgres, onDynamo] = needs.map(({ isUsedIn }) => isUsedIn) as [Uses, Uses]
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

test.each(runnable)('$name runs', async ({ name, code }) => {
  await using database = onPostgres(code) ? await freshDatabase() : undefined
  await using dynamo = onDynamo(code) ? await emptyDynamo() : undefined
  const cwd = mkdtempSync(join(folder, 'run-'))
  writeFileSync(join(cwd, `${name}.ts`), code)
  const args = ['--conditions=eventfold-source', `${name}.ts`]
  const env = { ...process.env, ...dynamo?.variables, DATABASE_URL: database?.url }
  const options = { cwd, env, encoding: 'utf8' } as const
  const { status, stderr, stdout } = spawnSync(process.execPath, args, options)
  expect(`${stdout}${stderr}`).not.toContain('Assertion failed')
  expect(status, stderr).toBe(0)
})
