import { ArgumentError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import { createStreamHandler, type StreamHandler } from './create-stream-handler.ts'

let made: StreamHandler | undefined

/**
 * A ready Lambda function, see {@link createStreamHandler}: what it sends to stands in `QUEUE_URL_LIST` (a
 * list as JSON) and `EVENT_BUS_NAME`, the parts of a key of its own in `KEY_NAMES` (`{ pk, sk }` as JSON), and
 * `REPORT_BATCH_ITEM_FAILURES` is `true` where Lambda is to be answered. It looks at them when it is called first.
 */
export const handler: StreamHandler = async (event) => {
  made ??= createStreamHandler({
    busName: process.env['EVENT_BUS_NAME'],
    queueUrls: json('QUEUE_URL_LIST') ?? [],
    keyNames: json('KEY_NAMES'),
    reportBatchItemFailures: process.env['REPORT_BATCH_ITEM_FAILURES'] === 'true',
  })
  return made(event)
}

/** What it must be is checked where it is used. */
function json(name: string): never | undefined {
  const text = process.env[name]
  if (!text) return undefined
  try {
    return JSON.parse(text) as never
  } catch {
    throw new ArgumentError(`The environment variable ${name}: expected JSON, found ${show(text)}`)
  }
}
