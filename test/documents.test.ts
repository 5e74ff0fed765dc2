import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

/**
 * Code in documents and in comments is compiled and run as it stands. In a document a block that follows
 * `<!-- continues -->` goes on where the block before it ended; one that follows `<!-- not run -->` is only
 * for reading. A comment's example that imports nothing may use what `examples.setting.md` has. One that
 * asks for `DATABASE_URL` is given a database of its own.
 */
const [setting = ''] = programsOf(readFileSync('test/examples.setting.md', 'utf8'))
const folder = resolve('.documents')
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const documents = globSync('{*.md,docs/**/*.md,src/**/*.md}').toSorted()
const sources = globSync('src/**/*.ts', { exclude: ['**/*.{test,test-d,fixture}.ts'] }).toSorted()
const programs = [
  ...documents.flatMap((file) => named(file, programsOf(readFileSync(file, 'utf8')))),
  ...sources.flatMap((file) => named(file, examplesOf(readFileSync(file, 'utf8')))),
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

function examplesOf(source: string): string[] {
  return [...source.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```/gms)].map(([, lines = '']) => {
    const code = lines.replaceAll(/^ *\* ?/gm, '')
    return code.includes('import ') ? code : `${setting}\n{\n${code}}\n`
  })
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

const isWanted = (process.env['STORES'] ?? 'postgres').split(',').includes('postgres')
const runnable = programs.filter(({ code }) => isWanted || !code.includes('DATABASE_URL'))

test.each(runnable)('$name runs', async ({ name, code }) => {
  await using database = code.includes('DATABASE_URL') ? await freshDatabase() : undefined
  const cwd = mkdtempSync(join(folder, 'run-'))
  writeFileSync(join(cwd, `${name}.ts`), code)
  const args = ['--conditions=eventfold-source', `${name}.ts`]
  const env = { ...process.env, DATABASE_URL: database?.url }
  const options = { cwd, env, encoding: 'utf8' } as const
  const { status, stderr, stdout } = spawnSync(process.execPath, args, options)
  expect(`${stdout}${stderr}`).not.toContain('Assertion failed')
  expect(status, stderr).toBe(0)
})
