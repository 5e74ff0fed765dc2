import { defineConfig, type ViteUserConfig } from 'vitest/config'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  throw new Error(
    `The tests need Node 24, this is ${process.version}. ` +
      'Run them with `npm test` or `npx vitest`: `npm install` has put Node 24 into node_modules.',
  )
}

const config: ViteUserConfig = defineConfig({
  // The doors resolve to the source; see the comment in tsconfig.json.
  ssr: { resolve: { conditions: ['eventfold-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['{src,test,examples}/**/*.test.ts'],
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
