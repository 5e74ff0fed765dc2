import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize } from 'node:path/posix'
import { parseSync, Visitor } from 'oxc-parser'
import { describe, expect, test } from 'vitest'

/** What the files of one folder of src/ may import, besides their own folder. */
interface Rule {
  readonly folders: readonly string[]
  /** npm packages. Default is none. */
  readonly npm?: readonly string[]
  /** `guarded`: through `process.getBuiltinModule` alone, so that browsers run it. Default is none. */
  readonly builtins?: 'guarded' | 'import'
}

const schema = '@standard-schema/spec'
const contract = ['event', 'store']
const access = [...contract, 'client']
const core = [...access, 'decide', 'project', 'aggregate', 'dispatch', 'outbox']

const rules: Readonly<Record<string, Rule>> = {
  event: { folders: [], npm: [schema], builtins: 'guarded' },
  store: { folders: ['event'], npm: [schema], builtins: 'guarded' },
  client: { folders: contract, npm: [schema], builtins: 'guarded' },
  decide: { folders: access, npm: [schema], builtins: 'guarded' },
  project: { folders: access, npm: [schema], builtins: 'guarded' },
  aggregate: { folders: [...access, 'decide'], npm: [schema], builtins: 'guarded' },
  outbox: { folders: access, npm: [schema], builtins: 'guarded' },
  dispatch: { folders: [...access, 'decide', 'aggregate'], npm: [schema], builtins: 'guarded' },
  sql: { folders: contract, builtins: 'guarded' },
  'stores/memory': { folders: contract },
  'stores/sqlite': {
    folders: [...contract, 'sql'],
    npm: ['better-sqlite3', 'libsql'],
    builtins: 'import',
  },
  'stores/postgres': { folders: [...contract, 'sql'], builtins: 'import' },
  'stores/dynamodb': {
    folders: contract,
    npm: ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
    builtins: 'import',
  },
  'stores/web': { folders: contract },
  react: { folders: core, npm: ['react'] },
  aws: {
    folders: core,
    npm: ['@aws-sdk/client-eventbridge', '@aws-sdk/client-s3', '@aws-sdk/client-sqs'],
    builtins: 'import',
  },
  doors: {
    folders: [
      ...core,
      'sql',
      'aws',
      'stores/dynamodb',
      'stores/memory',
      'stores/postgres',
      'stores/sqlite',
      'stores/web',
    ],
    // Of zod the types alone.
    npm: [
      schema,
      '@aws-sdk/lib-dynamodb',
      'aws-cdk-lib',
      'aws-cdk-lib/aws-dynamodb',
      'aws-cdk-lib/aws-events',
      'aws-cdk-lib/aws-iam',
      'aws-cdk-lib/aws-lambda',
      'aws-cdk-lib/aws-lambda-event-sources',
      'aws-cdk-lib/aws-logs',
      'aws-cdk-lib/aws-sqs',
      'constructs',
      'drizzle-orm',
      'drizzle-orm/pg-core',
      'zod',
      'zod/v3',
      'zod/v4',
    ],
    builtins: 'import',
  },
  conformance: { folders: core },
  testing: { folders: [...core, 'stores/memory'] },
  // The front door. Nobody may import it, for no row names it.
  'index.ts': { folders: [...core, 'stores/memory'] },
}

const isTest = (file: string): boolean => /\.(test|test-d|fixture)\.tsx?$/.test(file)
const testFolders = ['conformance', 'testing', 'client', 'decide', 'stores/memory']

/** `stores/memory/store.ts` is in `stores/memory`, `event/id.ts` in `event`, `index.ts` in itself. */
function folderOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'stores' ? `${first}/${second}` : first
}

function importsOf(file: string, source: string): string[] {
  const { program, errors } = parseSync(file, source)
  expect(errors, file).toEqual([])
  const found: string[] = []
  const add = (node: { type: string; value?: unknown } | null | undefined): void => {
    if (node) found.push(typeof node.value === 'string' ? node.value : '(computed)')
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: ({ callee, arguments: [id] }) => {
      const called = callee.type === 'MemberExpression' ? callee.property : callee
      if (called.type !== 'Identifier') return
      if (called.name === 'require') add(id)
      if (called.name === 'getBuiltinModule') {
        add({ type: 'guarded', value: `guarded ${id?.type === 'Literal' ? id.value : '?'}` })
      }
    },
  }).visit(program)
  return found
}

function isAllowed(file: string, imported: string, rule: Rule): boolean {
  if (imported.startsWith('.')) {
    const target = folderOf(normalize(join(dirname(file), imported)))
    if (target === folderOf(file) || rule.folders.includes(target)) return true
    return isTest(file) && testFolders.includes(target)
  }
  if (isTest(file)) return true
  if (imported.startsWith('guarded ')) return rule.builtins !== undefined
  if (isBuiltin(imported)) return rule.builtins === 'import'
  return rule.npm?.includes(imported) ?? false
}

/** Every import that breaks the table. Takes files as path in src/ and text. */
function violations(files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([file, source]) => {
    const rule = rules[folderOf(file)]
    if (!rule) return [`${file}: ${folderOf(file)} has no row in the table`]
    return importsOf(file, source)
      .filter((imported) => !isAllowed(file, imported, rule))
      .map((imported) => `${file} must not import ${imported}`)
  })
}

test('every import in src follows the table', () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: 'src' })
  expect(files).toContain('event/event.ts')
  const sources = files.map((file) => [file, readFileSync(join('src', file), 'utf8')])
  expect(violations(Object.fromEntries(sources))).toEqual([])
})

describe('a planted violation is found', () => {
  test.each([
    ['core to room', 'decide/x.ts', `import { a } from '../stores/memory/index.ts'`],
    ['contract to client', 'store/x.ts', `import type { A } from '../client/client.ts'`],
    ['decide to project', 'decide/x.ts', `export { a } from '../project/projection.ts'`],
    ['room to room', 'stores/sqlite/x.ts', `export * from '../memory/store.ts'`],
    ['room to room in a test', 'stores/memory/x.test.ts', `import '../sqlite/store.ts'`],
    ['room to decide', 'stores/memory/x.ts', `type A = import('../../decide/x.ts').A`],
    ['room to npm', 'stores/sqlite/x.ts', `const pg = await import('pg')`],
    ['core to npm', 'client/x.ts', `import { z } from 'zod'`],
    ['core to its own package', 'client/x.ts', `import { a } from 'eventfold'`],
    ['core to built-in', 'event/x.ts', `import { randomUUID } from 'node:crypto'`],
    ['core to built-in, without node:', 'event/x.ts', `import fs = require('fs')`],
    ['core to require', 'event/x.ts', `const fs = require('node:fs')`],
    ['conformance to built-in', 'conformance/x.ts', `process.getBuiltinModule('node:assert')`],
    ['memory to built-in', 'stores/memory/x.ts', `import { open } from 'node:fs/promises'`],
    ['anything to a door', 'project/x.ts', `import { a } from '../index.ts'`],
    ['out of src', 'event/x.ts', `import { a } from '../../test/helper.ts'`],
    ['a computed import', 'stores/sqlite/x.ts', `await import(name)`],
    ['a folder without a row', 'utils/x.ts', ``],
  ])('%s', (_, file, source) => {
    expect(violations({ [file]: source })).toHaveLength(1)
  })

  test('and what the table allows is not', () => {
    const allowed = {
      'event/x.ts': `import type { A } from '@standard-schema/spec'; process.getBuiltinModule?.('node:async_hooks')`,
      'stores/sqlite/x.ts': `import { DatabaseSync } from 'node:sqlite'; import 'libsql'`,
      'stores/sqlite/x.test.ts': `import '../../conformance/index.ts'; import 'vitest'; import './x.ts'`,
      'store/x.ts': `/** import { a } from 'pg' */ const text = "import 'pg'"`,
    }
    expect(violations(allowed)).toEqual([])
  })
})
