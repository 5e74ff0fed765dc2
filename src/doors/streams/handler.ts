import { ArgumentError } from '../../store/errors.ts'
import { createStreamHandler, type StreamHandler } from './create-stream-handler.ts'

let made: StreamHandler | undefined

/**
 * A ready Lambda function, see {@link createStreamHandler}: what it sends to stands in `QUEUE_URL_LIST` (a
 * list as JSON) and `EVENT_BUS_NAME`, and `REPORT_BATCH_ITEM_FAILURES` is `true` where Lambda is to be
 * answered. It looks at them when it is called first.
 */
export const handler: StreamHandler = async (event) => {
  made ??= createStreamHandler({
    busName: process.env['EVENT_BUS_NAME'],
    queueUrls: queueUrls(process.env['QUEUE_URL_LIST'] ?? '[]'),
    reportBatchItemFailures: process.env['REPORT_BATCH_ITEM_FAILURES'] === 'true',
  })
  return made(event)
}

function queueUrls(text: string): readonly string[] {
  try {
    return JSON.parse(text) as readonly string[]
  } catch {
    throw new ArgumentError(`QUEUE_URL_LIST: expected a list of URLs as JSON, found ${text}`)
  }
}
