import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildSync } from 'esbuild'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { chromiumOptions } from './chromium.fixture.ts'

/** A page's own address and others of its origin, with what they answer: text by path. */
export interface Site extends AsyncDisposable {
  readonly origin: string
}

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html' }
const head =
  '<!doctype html><meta charset="utf-8"><title>Eventfold</title><link rel="icon" href="data:,">'

/** Everything that pages of the tests need, as the global `eventfold`. */
const bundle = (): string =>
  buildSync({
    entryPoints: [join(import.meta.dirname, 'page.fixture.ts')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'eventfold',
    target: 'es2024',
    conditions: ['eventfold-source'],
    write: false,
  }).outputFiles[0]!.text

/** Serves pages on a port of its own. `folder` is what lies under `/dist/`. */
export async function serveSite(
  pages: Readonly<Record<string, string>> = {},
  folder = '',
): Promise<Site> {
  const files: Record<string, string> = {
    '/': `${head}<script src="/eventfold.js"></script>`,
    '/eventfold.js': bundle(),
    '/worker.js': `
      importScripts('/eventfold.js')
      onmessage = async ({ data: { kind, name, writer, times } }) =>
        postMessage(await eventfold.count(eventfold.store(kind, name), writer, times))`,
    ...Object.fromEntries(Object.entries(pages).map(([path, page]) => [path, head + page])),
  }
  const server: Server = createServer(({ url = '/' }, response) => {
    const isBuilt = folder && /^\/dist\/[\w/-]+\.js$/.test(url)
    const text = isBuilt ? readFileSync(join(folder, url.slice('/dist/'.length))) : files[url]
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': types[extname(url)] ?? 'text/html',
      // A sandboxed frame has an origin of its own.
      'access-control-allow-origin': '*',
    })
    response.end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Tabs of one browser that share what it stores. */
export interface Tabs extends AsyncDisposable {
  readonly origin: string
  readonly context: BrowserContext
  readonly open: (path?: string) => Promise<Page>
}

let running: Promise<Browser> | undefined
/** One browser for all tests of a file; each has a context of its own, which shares nothing. */
const browser = (): Promise<Browser> => (running ??= chromium.launch(chromiumOptions()))

/** Ends the browser of the file's tests. */
export async function closeBrowser(): Promise<void> {
  const started = await running
  running = undefined
  await started?.close()
}

/** Opens tabs that nobody has stored anything in, in memory. */
export async function openTabs(site: Site): Promise<Tabs> {
  const context = await (await browser()).newContext()
  return tabsOf(site, context, () => context.close())
}

function tabsOf({ origin }: Site, context: BrowserContext, end: () => Promise<void>): Tabs {
  const open = async (path = '/'): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(origin + path)
    return page
  }
  return { origin, context, open, [Symbol.asyncDispose]: end }
}

/** A browser that keeps what is stored in a folder. */
export interface Profile extends Tabs {
  /** Ends all of its processes at once, as a loss of power would. */
  readonly kill: () => Promise<void>
}

/** Starts a browser on a folder, by hand: playwright does not say which process is to be killed. */
export async function openProfile(site: Site, folder: string): Promise<Profile> {
  const { executablePath, args = [] } = chromiumOptions()
  const child = spawn(
    executablePath,
    [
      ...args,
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
      '--no-first-run',
      '--no-default-browser-check',
      '--disable-gpu',
    ],
    // A group of its own, of which all processes can be ended.
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  const ended = once(child, 'exit')
  let address: string | undefined
  for await (const line of createInterface(child.stderr)) {
    address = /^DevTools listening on (ws:.*)$/.exec(line)?.[1]
    if (address) break
  }
  child.stderr.resume()
  if (!address) throw new Error(`${executablePath} did not start`)
  const connected = await chromium.connectOverCDP(address)
  const [context] = connected.contexts()
  const kill = async (): Promise<void> => {
    process.kill(-child.pid!, 'SIGKILL')
    await ended
  }
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const session = await connected.newBrowserCDPSession()
    await session.send('Browser.close').catch(() => {})
    await ended
  }
  return { ...tabsOf(site, context!, close), kill }
}

/** A folder for a profile, gone at the end. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'eventfold-profile-'))
  const remove = (): void =>
    rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  return { path, [Symbol.dispose]: remove }
}
