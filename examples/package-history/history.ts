/** The data files: one package per line, by name; its versions by time. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { z } from 'zod'

export type Version = readonly [version: string, time: string, publisher: string]

export interface History {
  readonly name: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly versions: readonly Version[]
}

const ending = '.ndjson.gz'
const line = z.object({
  name: z.string(),
  description: z.string(),
  keywords: z.array(z.string()),
  versions: z.array(z.tuple([z.string(), z.iso.datetime(), z.string()])),
})

/** The histories of every data file in a folder, under the name of their registry: `debian`, `npm`. */
export async function readHistories(folder: string): Promise<Map<string, History[]>> {
  const histories = new Map<string, History[]>()
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(ending)).sort()) {
    const text = (await promisify(gunzip)(await readFile(join(folder, file)))).toString()
    const lines = text.split('\n').filter(Boolean)
    const registry = file.slice(0, -ending.length)
    histories.set(
      registry,
      lines.map((entry) => line.parse(JSON.parse(entry))),
    )
  }
  return histories
}

/** Writes one data file, the same bytes for the same histories. */
export async function writeHistories(file: URL, histories: readonly History[]): Promise<void> {
  await writeFile(file, await promisify(gzip)(toLines(histories), { level: 9 }))
}

export function toLines(histories: readonly History[]): string {
  const sorted = histories.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map((history) => JSON.stringify(history) + '\n').join('')
}

const address = /\S*(?:\w+:\/\/|www\.)\S*|[^\s@]+@[^\s@]+\.[a-z]\S*/gi

/** The text on one line, without e-mail and web addresses. */
export function scrub(text: string): string {
  return text.replace(address, '').replace(/\s+/g, ' ').trim()
}
