import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSync, type Program } from 'oxc-parser'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

/** Every door and the file of src/ behind it. A new door is written here and in package.json. */
const doors = {
  '.': 'index',
  './sqlite': 'stores/sqlite/index',
  './postgres': 'stores/postgres/index',
  './drizzle': 'doors/drizzle/index',
  './knex': 'doors/knex/index',
  './dynamodb': 'doors/dynamodb/index',
  './streams': 'doors/streams/index',
  './sqs': 'aws/sqs/index',
  './eventbridge': 'doors/eventbridge/index',
  './cdk': 'doors/cdk/index',
  './browser': 'doors/browser/index',
  './react': 'react/index',
  './testing': 'testing/index',
  './conformance': 'conformance/index',
}

test('package.json lists every door by name: its source, its types, its code', () => {
  const listed = Object.entries(doors).map(([door, file]) => [
    door,
    {
      'eventfold-source': `./src/${file}.ts`,
      types: `./dist/${file}.d.ts`,
      default: `./dist/${file}.js`,
    },
  ])
  expect(manifest.exports).toEqual({
    ...Object.fromEntries(listed),
    './package.json': './package.json',
  })
})

test('the build makes what the doors promise, and leaves the tests out', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'eventfold-build-'))
  try {
    const options = ['-p', 'tsconfig.build.json', '--outDir', outDir]
    expect(spawnSync('node_modules/.bin/tsc', options, { encoding: 'utf8' }).stdout).toBe('')
    const built = globSync('**/*.{js,d.ts}', { cwd: outDir })
    for (const file of Object.values(doors)) {
      expect(built).toEqual(expect.arrayContaining([`${file}.js`, `${file}.d.ts`]))
    }
    expect(built.filter((file) => /\.(test|test-d|fixture)\./.test(file))).toEqual([])
  } finally {
    rmSync(outDir, { recursive: true })
  }
})

const statements = (file: string): Program['body'] =>
  parseSync('door.ts', readFileSync(`src/${file}.ts`, 'utf8')).program.body

test.each(Object.entries(doors))('the door %s names what it exports', (_, file) => {
  const unnamed = ['ExportAllDeclaration', 'ExportDefaultDeclaration']
  expect(statements(file).filter(({ type }) => unnamed.includes(type))).toEqual([])
})

test('the front door re-exports, and holds nothing of its own', () => {
  const own = statements(doors['.']).filter(
    (node) => node.type !== 'ExportNamedDeclaration' || !node.source,
  )
  expect(own).toEqual([])
})
