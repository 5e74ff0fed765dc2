import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources'
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

export interface EventListenerQueueProps {
  /** Whether events of one aggregate come in order, one batch of it at a time. Default is `true`. */
  readonly fifo?: boolean | undefined
  /** How often a message is delivered before it goes to the dead-letter queue. Default is 3. */
  readonly maxReceiveCount?: number | undefined
  /** At least the timeout of the listener; six times as long is advised. Default is 3 minutes. */
  readonly visibilityTimeout?: Duration | undefined
  /** Default is `DESTROY`: the log has every event. */
  readonly removalPolicy?: RemovalPolicy | undefined
}

/**
 * A queue for `createEventListener`, with a dead-letter queue that keeps what fails for good for 14 days.
 *
 * On a FIFO queue a failed message holds back the later ones of its aggregate, until it goes to the
 * dead-letter queue; then they go on without it.
 *
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib'
 * import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda'
 * import { EventListenerQueue } from 'eventfold/cdk'
 *
 * const stack = new Stack(new App(), 'Mails')
 * const queue = new EventListenerQueue(stack, 'Queue')
 * queue.addListener(
 *   new Function(stack, 'Listener', {
 *     runtime: Runtime.NODEJS_LATEST,
 *     code: Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] })'),
 *     handler: 'index.handler',
 *   }),
 * )
 * ```
 */
export class EventListenerQueue extends Construct {
  readonly queue: Queue
  readonly deadLetterQueue: Queue

  constructor(scope: Construct, id: string, props: EventListenerQueueProps = {}) {
    super(scope, id)
    const { fifo = true, maxReceiveCount = 3, visibilityTimeout = Duration.minutes(3) } = props
    const both: QueueProps = {
      ...(fifo && { fifo }),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: props.removalPolicy ?? RemovalPolicy.DESTROY,
    }
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', both)
    this.queue = new Queue(this, 'Queue', {
      ...both,
      ...(fifo && {
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      }),
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    })
  }

  /** Lets a function handle the messages, and answer which of them failed. Default is batches of 10. */
  addListener(
    listener: IFunction,
    options: Omit<SqsEventSourceProps, 'reportBatchItemFailures'> = {},
  ): void {
    listener.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 10, ...options, reportBatchItemFailures: true }),
    )
  }
}
