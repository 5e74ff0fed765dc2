import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

/**
 * Code in documents is compiled and run as it stands. A block that follows `<!-- continues -->` goes on
 * where the block before it ended; one that follows `<!-- not run -->` is only for reading.
 */
const documents = globSync('{*.md,docs/**/*.md,src/**/*.md}').toSorted()
const folder = resolve('.documents')
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const programs = documents.flatMap((document) =>
  programsOf(readFileSync(document, 'utf8')).map((code, index) => ({ document, index, code })),
)

function programsOf(markdown: string): string[] {
  const programs: string[] = []
  for (const [, mark, code = ''] of markdown.matchAll(/(?:<!-- (.+?) -->\s+)?```ts\n(.*?)```/gs)) {
    if (mark === 'not run') continue
    if (mark === 'continues') programs.push(`${programs.pop() ?? ''}${code}`)
    else programs.push(code)
  }
  return programs
}

test('the documents have code to run', () => {
  expect(programs.length).toBeGreaterThan(0)
})

test('every program in the documents compiles', () => {
  const app = mkdtempSync(join(folder, 'types-'))
  for (const { document, index, code } of programs) {
    writeFileSync(join(app, `${document.replaceAll('/', '-')}-${index}.ts`), code)
  }
  writeFileSync(
    join(app, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false },
      include: ['*.ts'],
    }),
  )
  const { stdout } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', app], { encoding: 'utf8' })
  expect(stdout).toBe('')
})

test.each(programs)('$document runs (program $index)', ({ code }) => {
  const app = mkdtempSync(join(folder, 'run-'))
  writeFileSync(join(app, 'program.ts'), code)
  const args = ['--conditions=eventfold-source', 'program.ts']
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    cwd: app,
    encoding: 'utf8',
  })
  expect(`${stdout}${stderr}`).not.toContain('Assertion failed')
  expect(status, stderr).toBe(0)
})
