import { readdirSync } from 'node:fs'
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

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
const doors = [
  ...(rooms.includes('postgres') ? ['src/doors/{drizzle,knex}/**'] : []),
  ...(rooms.includes('dynamodb') ? ['src/doors/{dynamodb,streams}/**', 'test/end-to-end/**'] : []),
]

/** The laws on a server take minutes: begun last, they would keep everybody waiting. */
class LawsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const areLaws = ({ moduleId }: TestSpecification) =>
      /(?:postgres\/store|dynamodb\/(?:store|laws))\..*test\.ts$/.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(areLaws), ...sorted.filter((file) => !areLaws(file))]
  }
}

const config: ViteUserConfig = defineConfig({
  // The doors resolve to the source; see the comment in tsconfig.json.
  ssr: { resolve: { conditions: ['eventfold-source', 'node'] } },
  test: {
    include: ['{src,test,examples}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...rooms.map((name) => `src/stores/${name}/**`), ...doors],
    globalSetup: ['./test/postgres.setup.ts', './test/dynamodb.setup.ts'],
    sequence: { sequencer: LawsFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: {
      enabled: true,
      include: ['{src,test,examples}/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
      // `npm run types` reports the errors of ordinary files; here only the type tests count.
      ignoreSourceErrors: true,
    },
  },
})

export default config
