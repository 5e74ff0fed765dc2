import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { join } from 'node:path'

/** What the figures depend on, as text. */
export function describeMachine(folder: string): string {
  const [cpu] = cpus()
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${type()} ${release()}, Node ${process.versions.node}`,
    `${Math.round(fdatasyncRate(folder)).toLocaleString('en')} fdatasync/s of 8 kB in ${folder}`,
  ].join('\n')
}

/** How often per second this disk makes a small write durable. */
function fdatasyncRate(folder: string): number {
  const path = join(folder, 'fdatasync')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(8_192, 1)
  const blocks = 500
  try {
    // Written once before, because a file that grows is slower.
    for (let index = 0; index < blocks; index += 1)
      writeSync(file, block, 0, block.length, index * block.length)
    fdatasyncSync(file)
    const start = performance.now()
    for (let index = 0; index < blocks; index += 1) {
      writeSync(file, block, 0, block.length, index * block.length)
      fdatasyncSync(file)
    }
    return (blocks / (performance.now() - start)) * 1_000
  } finally {
    closeSync(file)
    rmSync(path)
  }
}
