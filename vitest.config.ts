import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions } from 'vite'
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { chromiumArguments, findChromium } from './test/browser/chromium.fixture.ts'
import { inTheBrowser } from './test/browser/in-the-browser.fixture.ts'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  throw new Error(
    `The tests need Node 24, this is ${process.version}. ` +
      'Run them with `npm test` or `npx vitest`: `npm install` has put Node 24 into node_modules.',
  )
}

// `STORES=memory,sqlite npm test` leaves the other rooms out, and the doors that live in them.
const stores = process.env['STORES']?.split(',')
const rooms = readdirSync('src/stores').filter((name) => stores && !stores.includes(name))
const leftOut: Readonly<Record<string, readonly string[]>> = {
  postgres: ['src/doors/{drizzle,knex}/**'],
  dynamodb: ['src/doors/{dynamodb,streams}/**', 'test/end-to-end/**'],
  web: [
    'src/doors/browser/**',
    'src/react/**',
    'test/browser/**',
    'examples/browser-todo/**',
    'test/browser-todo.test.ts',
  ],
}

/** The laws on a server take minutes: begun last, they would keep everybody waiting. */
class LawsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const areLaws = ({ moduleId }: TestSpecification) =>
      /(?:postgres\/store|dynamodb\/(?:store|laws))\..*test\.ts$/.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(areLaws), ...sorted.filter((file) => !areLaws(file))]
  }
}

const limits = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000 } },
}

const node: ViteUserConfig = {
  // The doors resolve to the source; see the comment in tsconfig.json.
  ssr: { resolve: { conditions: ['eventfold-source', 'node'] } },
  test: {
    name: 'node',
    include: ['{src,test,examples}/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      '**/*.browser.test.ts',
      ...rooms.flatMap((name) => [`src/stores/${name}/**`, ...(leftOut[name] ?? [])]),
    ],
    globalSetup: ['./test/postgres.setup.ts', './test/dynamodb.setup.ts'],
    ...limits,
    typecheck: {
      enabled: true,
      include: ['{src,test,examples}/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
      // `npm run types` reports the errors of ordinary files; here only the type tests count.
      ignoreSourceErrors: true,
    },
  },
}

const executablePath = findChromium()

const browser: ViteUserConfig = {
  resolve: { conditions: ['eventfold-source', ...defaultClientConditions] },
  plugins: [inTheBrowser],
  test: {
    name: 'browser',
    include: [
      'src/**/*.browser.test.{ts,tsx}',
      'src/doors/browser/*.test.ts',
      // The rooms that take any store, on the stores of a browser.
      'src/{client,decide,project,aggregate,dispatch,outbox}/**/*.test.ts',
    ],
    exclude: [
      ...configDefaults.exclude,
      // Copies the files of an SQLite database.
      'src/project/restored-log.test.ts',
      // Runs on a transaction of PostgreSQL.
      'src/dispatch/within.test.ts',
      // On the memory store, thousands of short pauses, each of 4 ms in a browser: a minute and a half.
      'src/outbox/{relay,round-reader}.test.ts',
      // Takes from Node what a browser has not got: here it has not got it anyway.
      'src/dispatch/browser.test.ts',
    ],
    globalSetup: ['./test/browser/chromium.setup.ts'],
    setupFiles: ['./test/browser/left-out.setup.ts'],
    ...limits,
    // After the tests in Node: what races against the clock has the processors to itself.
    sequence: { groupOrder: 1 },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { ...(executablePath && { executablePath }), args: chromiumArguments() },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
}

/** The hooks on the oldest React that they run on. */
const browserWithReact18: ViteUserConfig = {
  ...browser,
  resolve: {
    ...browser.resolve,
    alias: [
      { find: /^react(?=-dom|\/|$)/, replacement: resolve('test/react-18/node_modules/react') },
    ],
  },
  test: {
    ...browser.test,
    name: 'browser, React 18',
    include: ['src/react/*.browser.test.tsx'],
    provide: { react: '18' },
    browser: { ...browser.test?.browser, instances: [{ browser: 'chromium' }] },
  },
}

const config: ViteUserConfig = defineConfig({
  test: {
    sequence: { sequencer: LawsFirst },
    projects: [node, ...(rooms.includes('web') ? [] : [browser, browserWithReact18])],
  },
})

export default config
