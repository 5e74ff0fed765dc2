import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium, type LaunchOptions } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const installed: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome'].flatMap((folder) =>
    names.map((name) => join(folder, name)),
  ),
  darwin: ['/Applications', join(homedir(), 'Applications')].flatMap((folder) => [
    join(folder, 'Chromium.app/Contents/MacOS/Chromium'),
    join(folder, 'Google Chrome.app/Contents/MacOS/Google Chrome'),
  ]),
  win32: [process.env['ProgramFiles'], process.env['LOCALAPPDATA']].flatMap((folder) => [
    join(folder ?? 'C:/', 'Google/Chrome/Application/chrome.exe'),
    join(folder ?? 'C:/', 'Chromium/Application/chrome.exe'),
  ]),
}

const named = process.env['CHROMIUM_PATH']

/** What to do where no Chromium is found. */
export const chromiumMissing: string =
  'The tests in a browser need Chromium, and ' +
  `${named ? `there is none at ${named}, which CHROMIUM_PATH names` : 'none was found'}. Install it:\n` +
  '  Debian, Ubuntu: apt-get update && apt-get install -y --no-install-recommends chromium\n' +
  '  elsewhere: npx playwright install chromium\n' +
  'or name the one that you have: CHROMIUM_PATH=/path/to/chromium npm test\n' +
  'Without a browser: STORES=memory,sqlite,postgres,dynamodb npm test'

/** Where Chromium is: what the environment names in `CHROMIUM_PATH`, else where it usually is. */
export function findChromium(): string | undefined {
  if (named) return existsSync(named) ? named : undefined
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
  const usual = [...(installed[process.platform] ?? []), ...onPath, chromium.executablePath()]
  return usual.find((path) => existsSync(path))
}

/** How Chromium is started, always and everywhere. Throws what to do where there is none. */
export function chromiumOptions(): LaunchOptions & { readonly executablePath: string } {
  const executablePath = findChromium()
  if (!executablePath) throw new Error(chromiumMissing)
  return { executablePath, headless: true, args: chromiumArguments() }
}

/** Chromium's sandbox does not work as root, which is who runs things in a container. */
export function chromiumArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}
