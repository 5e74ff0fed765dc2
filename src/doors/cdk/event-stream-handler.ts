import type { EventBus, IEventBus } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Stack } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { ArgumentError } from '../../store/errors.ts'
import { attachToStream, tell, type StreamHandlerProps } from './attach-to-stream.ts'
import { packageFunction } from './package-function.ts'

export interface EventStreamHandlerProps extends StreamHandlerProps {
  /** The queues: each gets every event. Default is none. */
  readonly queues?: readonly IQueue[] | undefined
  /** The bus that gets every event. Default is none. */
  readonly eventBus?: IEventBus | EventBus | undefined
}

/**
 * Hands the events of a table on to queues and to a bus: `createStreamHandler`, deployed. It may read the
 * table's stream, send to these queues and put events on this bus, and nothing else.
 *
 * Lambda calls it for new events, and for new items of no known `itemType`, so that a damaged event fails
 * instead of being left out; items of other applications are passed over. It tries again from the first
 * record that failed, and notes in the dead-letter queue what failed for good; the events after it then go
 * on. In its environment a function of your own finds `QUEUE_URL_LIST` (as JSON), `EVENT_BUS_NAME`, `KEY_NAMES` (as JSON) and
 * `REPORT_BATCH_ITEM_FAILURES`.
 *
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib'
 * import { EventListenerQueue, EventsTable, EventStreamHandler } from 'eventfold/cdk'
 *
 * const stack = new Stack(new App(), 'Wallets')
 * const table = new EventsTable(stack, 'Events')
 * const mails = new EventListenerQueue(stack, 'Mails')
 * new EventStreamHandler(stack, 'Stream', { table, queues: [mails.queue] })
 * ```
 */
export class EventStreamHandler extends Construct {
  readonly handler: LambdaFunction
  readonly deadLetterQueue: IQueue

  constructor(scope: Construct, id: string, props: EventStreamHandlerProps) {
    super(scope, id)
    const { queues = [], eventBus } = props
    if (queues.length === 0 && !eventBus) {
      throw new ArgumentError('EventStreamHandler: expected queues or an eventBus, found neither')
    }
    this.handler =
      props.handler ?? packageFunction(this, 'publish-events', 'Hands new events on to queues')
    tell(this.handler, props, {
      QUEUE_URL_LIST: Stack.of(this).toJsonString(queues.map(({ queueUrl }) => queueUrl)),
      ...(eventBus && { EVENT_BUS_NAME: eventBus.eventBusArn }),
    })
    for (const queue of queues) grantSend(queue, this.handler)
    eventBus?.grantPutEventsTo(this.handler)
    this.deadLetterQueue = attachToStream(this, this.handler, { ...props, itemType: 'event' })
  }
}

function grantSend(queue: IQueue, handler: LambdaFunction): void {
  queue.grant(handler, 'sqs:SendMessage')
  queue.encryptionMasterKey?.grant(handler, 'kms:Decrypt', 'kms:GenerateDataKey')
}
