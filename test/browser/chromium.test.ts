import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('where there is no Chromium, the command of the tests fails and says how to install it', () => {
  const { status, stdout, stderr } = spawnSync(
    'node_modules/.bin/vitest',
    ['run', '--project', 'browser', '--typecheck.enabled=false', 'src/doors/browser'],
    { encoding: 'utf8', env: { ...process.env, CHROMIUM_PATH: '/nowhere/chromium' } },
  )
  const said = stdout + stderr
  expect(said).toContain('there is none at /nowhere/chromium, which CHROMIUM_PATH names')
  expect(said).toContain('apt-get install -y --no-install-recommends chromium')
  expect(said).not.toContain('passed')
  expect(status).toBe(1)
})
