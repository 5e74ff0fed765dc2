import type { Identifiers } from '../../event/identifiers.ts'
import { StoreError } from '../../store/errors.ts'
import { isMissing, notMigrated } from './errors.ts'
import type { Run } from './hand.ts'
import { SIDE_SCHEMA, type LogNames } from './names.ts'
import { VERSION } from './version.ts'

/** Refuses a log that is not there, is of another version, or files its events under other keys. */
export async function checkLog(
  run: Run,
  names: LogNames,
  identifiers: Identifiers,
  what: string,
): Promise<void> {
  const [log] = await knownLogs(run, names, what)
  if (log === undefined) throw notMigrated(what, names.log, 'it was never made')
  const version = Number(log['version'])
  if (version > VERSION) {
    throw new StoreError(
      'newer-version',
      `Cannot ${what}: the log ${names.log} has version ${version}, this library knows version ${VERSION}. Update the library.`,
    )
  }
  if (version < VERSION) {
    throw notMigrated(what, names.log, `it has version ${version}, this library needs ${VERSION}`)
  }
  const recorded = JSON.parse(log['identifiers'] ?? '[]') as Identifiers
  if (JSON.stringify(recorded) !== JSON.stringify(identifiers)) {
    throw new StoreError(
      'identifiers',
      `Cannot ${what}: the log ${names.log} files its events under the identifiers ${recorded.join(', ')}, ` +
        `it was opened with ${identifiers.join(', ')}. Open it with the same, or run reindexPostgres.`,
    )
  }
  if (log['projections'] !== names.projections) {
    throw new StoreError(
      'not-a-log',
      `Cannot ${what}: the log ${names.log} keeps its projections in ${log['projections']}, ` +
        `it was opened with ${names.projections}. Name the same tables as in migrate.`,
    )
  }
}

async function knownLogs(run: Run, names: LogNames, what: string): ReturnType<Run> {
  try {
    // Asked for first, because a statement that fails would end the caller's transaction.
    const [schema] = await run({ text: `select to_regclass('${SIDE_SCHEMA}.logs')::text as logs` })
    if (schema?.['logs'] == null) return []
    return await run({
      text: `select version::text, identifiers::text, projections from ${SIDE_SCHEMA}.logs where log = $1::text`,
      values: [names.log],
    })
  } catch (error) {
    if (isMissing(error)) throw notMigrated(what, names.log, String(error), error)
    throw error
  }
}
