import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const doors = Object.keys(manifest.exports)
  .filter((door) => door !== './package.json')
  .map((door) => door.replace('.', 'eventfold'))

const drizzle = 'eventfold/drizzle'

/** What a user has: the tarball, installed in an empty folder. */
const app = mkdtempSync(join(tmpdir(), 'eventfold-packed-'))
const write = (file: string, text: string): void => writeFileSync(join(app, file), text)
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: app, encoding: 'utf8' })

let packed: string[] = []

beforeAll(() => {
  expect(spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8' }).stdout).toBe('')
  const options = ['--json', '--ignore-scripts', '--pack-destination', app]
  const [tarball] = JSON.parse(execFileSync('npm', ['pack', ...options], { encoding: 'utf8' }))
  packed = tarball.files.map(({ path }: { path: string }) => path)
  write('package.json', JSON.stringify({ private: true, type: 'module' }))
  run('npm', 'install', tarball.filename, '--prefer-offline', '--no-audit', '--no-fund')
  // Whoever opens these doors has them: the optional peers, as they are installed here.
  mkdirSync(join(app, 'node_modules/@types'))
  const peers = ['@aws-sdk', '@types/react', 'aws-cdk-lib', 'constructs', 'drizzle-orm', 'react']
  for (const peer of peers) {
    symlinkSync(resolve('node_modules', peer), join(app, 'node_modules', peer))
  }
})

afterAll(() => rmSync(app, { recursive: true }))

test('the tarball holds the build, its source and the words on it', () => {
  expect(packed).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md']))
  const expected = /^(dist|src)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/
  expect(packed.filter((path) => !expected.test(path))).toEqual([])
  expect(packed.filter((path) => /\.(test|test-d|fixture)\./.test(path))).toEqual([])
})

test('every door opens with import and with require', () => {
  const opened = doors.map((door) => `Object.keys(await import('${door}'))`)
  const required = doors.map((door) => `Object.keys(require('${door}'))`)
  write('import.mjs', `console.log(JSON.stringify([${opened.join()}]))`)
  write('require.cjs', `console.log(JSON.stringify([${required.join()}]))`)
  const names = JSON.parse(run(process.execPath, 'import.mjs'))
  for (const [index, door] of doors.entries()) expect(names[index], door).not.toEqual([])
  expect(JSON.parse(run(process.execPath, 'require.cjs'))).toEqual(names)
})

test('doors load no package of AWS but what they are for: clients are loaded when they are needed', () => {
  const others = doors.filter((door) => !/(dynamodb|cdk)$/.test(door))
  const script = (opened: readonly string[]): string => `
    import { registerHooks } from 'node:module'
    const found = []
    registerHooks({
      resolve(name, context, next) {
        // What these packages load themselves is their affair.
        const isOurs = context.parentURL?.includes('/node_modules/eventfold/')
        if (isOurs && /^(@aws-sdk|aws-cdk-lib|constructs)/.test(name)) found.push(name)
        return next(name, context)
      },
    })
    ${opened.map((door) => `await import('${door}')`).join('\n')}
    console.log(JSON.stringify(found))`
  write('others.mjs', script(others))
  expect(JSON.parse(run(process.execPath, 'others.mjs'))).toEqual([])
  write('dynamodb.mjs', script(['eventfold/dynamodb']))
  const loaded: string[] = JSON.parse(run(process.execPath, 'dynamodb.mjs'))
  expect(new Set(loaded)).toEqual(new Set(['@aws-sdk/client-dynamodb']))
  write('cdk.mjs', script(['eventfold/cdk']))
  expect(JSON.parse(run(process.execPath, 'cdk.mjs'))).toContain('aws-cdk-lib')
})

// `types: []` and no `skipLibCheck`: the declarations need neither @types/node nor a driver's types.
test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
])('TypeScript finds the types of every door with $moduleResolution', (resolution) => {
  const lib = ['es2024', 'esnext.disposable', 'dom']
  const options = { ...resolution, lib, target: 'es2024', strict: true, noEmit: true, types: [] }
  const compile = (lines: readonly string[]): string => {
    write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }))
    write('consumer.ts', lines.join('\n'))
    return spawnSync(resolve('node_modules/.bin/tsc'), { cwd: app, encoding: 'utf8' }).stdout
  }
  const opened = (all: readonly string[]): string[] =>
    all.map((door, index) => `export * as door${index} from '${door}'`)
  const said = compile([
    ...opened(doors.filter((door) => door !== drizzle)),
    `import { createEventClient, MemoryEventStore, type EventStore } from 'eventfold'`,
    'export const store: EventStore = new MemoryEventStore()',
    '// @ts-expect-error the types are real ones, not `any`',
    'createEventClient(42)',
  ])
  expect(said).toBe('')
  // Drizzle's own declarations do not compile without skipLibCheck; those of its door do.
  const ofDrizzle = compile([
    ...opened([drizzle]),
    `import { createEventsTable } from '${drizzle}'`,
    'export const name: string = createEventsTable().$inferSelect.type',
    '// @ts-expect-error the types are real ones, not `any`',
    'createEventsTable(42)',
  ])
  expect(ofDrizzle.split('\n').filter((line) => /^(consumer|node_modules)/.test(line))).toEqual([])
})

/** The size in bytes of what a browser downloads, minified and gzipped; what is external it has anyway. */
async function browserBundle(contents: string, external: string[] = []): Promise<number> {
  // An import of a Node built-in fails the build, or is left over as an import of the bundle.
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: app },
    platform: 'browser',
    format: 'esm',
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    external,
    logLevel: 'silent',
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  expect(imports.filter(({ path }) => !external.includes(path))).toEqual([])
  return gzipSync(outputFiles[0]?.contents ?? '').length
}

const core = `export { createEventClient, defineDecision, MemoryEventStore } from 'eventfold'`

/** What the exports of a door add to the core. */
async function more(names: string, door: string, external?: string[]): Promise<number> {
  const both = browserBundle(`${core}; export { ${names} } from 'eventfold/${door}'`, external)
  return (await both) - (await browserBundle(core))
}

test('a browser gets the core without Node built-ins, and it does not grow', async () => {
  const sizes = [await browserBundle(core), await browserBundle(`export * from 'eventfold'`)]
  console.log(`Gzipped: ${sizes[0]} bytes for the core, ${sizes[1]} for the whole front door`)
  expect(sizes[0]).toBeLessThan(10_650)
})

// Not reached yet. This turns red on the day it is: then it becomes an ordinary test, and the ceiling goes.
test.fails('unmet: the core is under 10 kB', async () => {
  expect(await browserBundle(core)).toBeLessThan(10_000)
})

test('a browser gets its stores and the hooks without Node built-ins, and they do not grow', async () => {
  const indexedDB = await more('IndexedDBEventStore', 'browser')
  const localStorage = await more('LocalStorageEventStore', 'browser')
  const hooks = await more('EventClientProvider, useDecision, useProjection', 'react', ['react'])
  console.log(
    `Gzipped, beside the core: ${indexedDB} bytes for IndexedDBEventStore, ` +
      `${localStorage} for LocalStorageEventStore, ${hooks} for the hooks`,
  )
  expect(indexedDB).toBeLessThan(8_850)
  expect(localStorage).toBeLessThan(6_050)
  expect(hooks).toBeLessThan(1_200)
})

// As above.
test.fails('unmet: IndexedDB takes under 6 kB beside the core', async () => {
  expect(await more('IndexedDBEventStore', 'browser')).toBeLessThan(6_000)
})
