import type { EventBus, IEventBus } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { attachToStream, tell, type StreamHandlerProps } from './attach-to-stream.ts'
import { packageFunction } from './package-function.ts'

export interface DynamoDBOutboxEventBridgeHandlerProps extends StreamHandlerProps {
  /** The bus that gets the messages. */
  readonly eventBus: IEventBus | EventBus
  /** Who says it: the `source` by which rules tell the messages of applications apart. */
  readonly source: string
}

/**
 * Publishes the outbox of a table to a bus: `createDynamoDBStreamToEventBridgeHandler`, deployed and
 * attached to the table's stream. It may read that stream and put events on this bus, and nothing else.
 *
 * Lambda calls it for new messages, and for new items of no known `itemType`, so that a damaged message
 * fails instead of being left out; items of other applications are passed over. It tries again from the
 * first record that failed, and notes in the dead-letter queue what failed for good; the messages after it
 * then go on. In its environment a function of your own finds `EVENT_SOURCE`, `EVENT_BUS_NAME`, `KEY_NAMES` (as JSON) and
 * `REPORT_BATCH_ITEM_FAILURES`.
 *
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib'
 * import { EventBus } from 'aws-cdk-lib/aws-events'
 * import { DynamoDBOutboxEventBridgeHandler, EventsTable } from 'eventfold/cdk'
 *
 * const stack = new Stack(new App(), 'Accounts')
 * new DynamoDBOutboxEventBridgeHandler(stack, 'Outbox', {
 *   table: new EventsTable(stack, 'Events'),
 *   eventBus: new EventBus(stack, 'DomainEvents'),
 *   source: 'account-service',
 * })
 * ```
 */
export class DynamoDBOutboxEventBridgeHandler extends Construct {
  readonly handler: LambdaFunction
  readonly deadLetterQueue: IQueue

  constructor(scope: Construct, id: string, props: DynamoDBOutboxEventBridgeHandlerProps) {
    super(scope, id)
    const { eventBus, source } = props
    this.handler =
      props.handler ?? packageFunction(this, 'publish-outbox', 'Publishes the outbox to a bus')
    tell(this.handler, props, { EVENT_SOURCE: source, EVENT_BUS_NAME: eventBus.eventBusArn })
    eventBus.grantPutEventsTo(this.handler)
    this.deadLetterQueue = attachToStream(this, this.handler, { ...props, itemType: 'outbox' })
  }
}
