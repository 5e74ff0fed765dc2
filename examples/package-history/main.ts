/** `npm start`: see `README.md` beside this file, or `npm start -- --help`. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createEventClient } from 'eventfold'
import { openSqlite } from 'eventfold/sqlite'
import { answer } from './answers.ts'
import { events, type HistoryClient } from './events.ts'
import { readHistories } from './history.ts'
import { importBatches, toBatches } from './import.ts'
import { overview } from './overview.ts'
import { startProgress } from './progress.ts'
import { count, heading, plural } from './tables.ts'
import { hasViews, saveViews } from './views.ts'

const help = `
Usage: npm start [-- question] [-- options]

  npm start                             imports the history, builds the views, shows a few
  npm start -- pkg:bash                 a package
  npm start -- @matthias-klose          a publisher
  npm start -- "compression library"    packages about something

Options
  --db <file>        the SQLite file; default is history.db beside the example
  --data <folder>    where the *.ndjson.gz files are; default is data beside the example
  --help             this text
`

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Appends what the log does not have, saves the views that this changes, and says so in two lines. */
async function update(client: HistoryClient, folder: string): Promise<string> {
  const batches = toBatches(await readHistories(folder))
  const importing = startProgress('import', 'events')
  const { events: all, appended } = await importBatches(client, batches, importing.report)
  const imported = importing.finish()
  const folding = startProgress('fold  ', 'views')
  const saved = await saveViews(client, folding.report)
  const folded = folding.finish()

  const known = all - appended
  const rate = `${count(Math.round(appended / imported))} a second`
  const remark = known > 0 ? `${count(known)} were there already` : rate
  const importLine =
    appended > 0
      ? `${plural(appended, 'event')} appended in ${imported.toFixed(1)} s, ${remark}`
      : `nothing new: the log has all ${plural(all, 'event')}, checked in ${imported.toFixed(1)} s`
  const foldLine =
    saved > 0
      ? `${plural(saved, 'view')} folded from the log and saved in ${folded.toFixed(1)} s`
      : 'nothing new: the saved views have seen the whole log'
  return `  import  ${importLine}\n  fold    ${foldLine}\n`
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      db: { type: 'string', default: here('history.db') },
      data: { type: 'string', default: here('data') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return print(help)

  const question = positionals.join(' ')
  const client = createEventClient({ store: openSqlite(values.db), events })
  try {
    if (question === '') {
      print(heading('Eventfold', 'the release history of real packages, as events'))
      print(await update(client, values.data))
      print(await overview(client))
    } else {
      if (!(await hasViews(client))) await update(client, values.data)
      print(await answer(client, question))
    }
  } finally {
    await client.close()
  }
}

// A reader who has seen enough (`| head`) is no failure.
process.stdout.on('error', () => process.exit())

function print(text: string): void {
  process.stdout.write(text)
}

try {
  await run()
} catch (error) {
  // An error with a code is one that the reader can mend; anything else is a defect, with its stack.
  if (!(error instanceof Error && 'code' in error)) throw error
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
}
