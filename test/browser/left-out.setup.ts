import { afterAll, beforeEach, type TestContext } from 'vitest'

/** Tests of Node that a browser cannot pass, by file and name, with what it has not got. */
const context =
  'a browser has no AsyncLocalStorage: what is current in a call ends with its first await'
const leftOut: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'src/decide/decision.test.ts': {
    'carries the context of its caller, also after it had to wait': context,
  },
  'src/decide/queue.test.ts': {
    'on the same boundary is refused instead of waiting for ever': context,
  },
  'src/dispatch/create-dispatch.test.ts': {
    'makes events of values, of the context, and of both': context,
    'takes the event before the defaults, and the defaults before the context': context,
  },
  'src/dispatch/dispatch-event.test.ts': {
    'what flows in the context is in the event; what the event says goes before it': context,
    'requests at once never mix their contexts': context,
  },
  'src/aggregate/define-aggregate.test.ts': {
    'both styles, decisions and projections live on one log': context,
  },
}

const met = new Set<string>()
let file = ''

beforeEach(({ task, skip }: TestContext) => {
  file = task.file.name
  const why = leftOut[file]?.[task.name]
  if (why === undefined) return
  met.add(task.name)
  skip(why)
})

afterAll(() => {
  const gone = Object.keys(leftOut[file] ?? {}).filter((name) => !met.has(name))
  if (gone.length > 0)
    throw new Error(`${file} has no test ${JSON.stringify(gone)}: correct leftOut`)
})
