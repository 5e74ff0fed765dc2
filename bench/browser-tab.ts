import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { chromiumOptions } from '../test/browser/chromium.fixture.ts'
import type { Parts } from './browser-page.ts'

/** A page on this machine, which runs what is measured. */
export interface Served extends AsyncDisposable {
  readonly url: string
}

/** Chromium with that page open. */
export interface Tab extends AsyncDisposable {
  readonly version: string
  /** Lets the page run one of its parts. */
  readonly run: <Name extends keyof Parts>(
    name: Name,
    ...given: Parameters<Parts[Name]>
  ) => Promise<Awaited<ReturnType<Parts[Name]>>>
}

export async function servePage(): Promise<Served> {
  const { outputFiles } = await build({
    entryPoints: ['bench/browser-page.ts'],
    conditions: ['eventfold-source'],
    format: 'esm',
    bundle: true,
    write: false,
  })
  const script = outputFiles[0]?.text ?? ''
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript ? script : '<!doctype html><link rel="icon" href="data:,"><title>Bench</title>',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Starts Chromium on a profile on disk, because one in memory makes nothing durable. */
export async function startTab(profile: string, url: string): Promise<Tab> {
  const context = await chromium.launchPersistentContext(profile, chromiumOptions())
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(url)
  await page.evaluate(`import('/page.js')`)
  const session = await context.newCDPSession(page)
  const { product } = await session.send('Browser.getVersion')
  return {
    version: product.replace(/^.*\//, 'Chromium '),
    run: (name, ...given) =>
      page.evaluate(`bench[${JSON.stringify(name)}](...${JSON.stringify(given)})`),
    [Symbol.asyncDispose]: () => context.close(),
  }
}
