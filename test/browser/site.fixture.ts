import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { buildSync } from 'esbuild'

export interface SiteOptions {
  /** The bodies of further pages, by their path. */
  readonly pages?: Readonly<Record<string, string>>
  /** The folder that lies under `/dist/`. */
  readonly dist?: () => string
}

/** A server of pages, on a port of its own. */
export interface Site extends AsyncDisposable {
  readonly origin: string
}

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript' }
const head =
  '<!doctype html><meta charset="utf-8"><title>Eventfold</title><link rel="icon" href="data:,">'

/** Everything that pages of the tests need, as the global `eventfold`. */
function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'page.fixture.ts')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'eventfold',
    target: 'es2024',
    conditions: ['eventfold-source'],
    write: false,
  })
  return outputFiles[0]!.text
}

const worker = `
  importScripts('/eventfold.js')
  onmessage = async ({ data: { kind, name, writer, times } }) =>
    postMessage(await eventfold.count(eventfold.store(kind, name), writer, times))`

/** Serves an empty page that has the global `eventfold` at `/`, and others. */
export async function serveSite({ pages = {}, dist }: SiteOptions = {}): Promise<Site> {
  const files: Record<string, string> = {
    '/': `${head}<script src="/eventfold.js"></script>`,
    '/eventfold.js': bundle(),
    '/worker.js': worker,
  }
  for (const [path, body] of Object.entries(pages)) files[path] = head + body
  const server = createServer(({ url = '/' }, response) => {
    const isBuilt = dist && /^\/dist\/[\w/-]+\.js$/.test(url)
    const text = isBuilt ? readFileSync(join(dist(), url.slice('/dist/'.length))) : files[url]
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
      await once(server, 'close')
    },
  }
}
