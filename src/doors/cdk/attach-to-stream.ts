import { Duration } from 'aws-cdk-lib'
import type { ITable, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import {
  FilterCriteria,
  FilterRule,
  StartingPosition,
  type Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda'
import {
  DynamoEventSource,
  SqsDlq,
  type DynamoEventSourceProps,
} from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption, type IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type {
  AnswerItem,
  DocumentItem,
  EventItem,
  HeadItem,
  IdItem,
  OutboxItem,
} from '../../stores/dynamodb/items.ts'
import type { KeyNames } from '../../stores/dynamodb/table.ts'
import { EventsTable } from './events-table.ts'
import type { FunctionEnvironment } from './functions/environment.ts'

/** How a function reads the stream. What keeps events from being lost is not up for choice. */
export type StreamReadingProps = Partial<
  Pick<
    DynamoEventSourceProps,
    | 'batchSize'
    | 'enabled'
    | 'maxBatchingWindow'
    | 'maxRecordAge'
    | 'parallelizationFactor'
    | 'retryAttempts'
    | 'startingPosition'
  >
>

export interface StreamHandlerProps {
  /** The table of the log, with a stream of new images: an {@link EventsTable}, or any of that layout. */
  // With `exactOptionalPropertyTypes` the classes of the CDK are not what its own interfaces say.
  readonly table: ITable | Table | TableV2
  /**
   * What the table calls the parts of its key. Default is what an {@link EventsTable} says; without one,
   * the function finds `pk` and `sk` or `_pk` and `_sk` out by itself.
   */
  readonly keyNames?: KeyNames | undefined
  /**
   * A function of your own. It finds what the construct knows in its environment, and answers
   * `batchItemFailures` or throws. Default is one that is ready, and has nothing to bundle.
   */
  readonly handler?: LambdaFunction | undefined
  /**
   * Where Lambda notes the part of the stream that failed for good: places in the stream, not the records,
   * which are there for a day, and in the table. Default is a new queue, which keeps its notes for 14 days.
   */
  readonly deadLetterQueue?: IQueue | undefined
  /** Default is batches of 100 from the oldest record on, and 25 further attempts. */
  readonly stream?: StreamReadingProps | undefined
}

type ItemType =
  | (EventItem | HeadItem | IdItem | AnswerItem | DocumentItem | OutboxItem)['itemType']
  | 'log'

const ITEM_TYPES: Readonly<Record<ItemType, true>> = {
  event: true,
  copy: true,
  head: true,
  id: true,
  answer: true,
  document: true,
  outbox: true,
  log: true,
}

/**
 * Makes a function read new items of one kind out of the stream of a table, and those of which nobody can
 * tell the kind: what is damaged has to fail there, and not to be left out.
 */
export function attachToStream(
  scope: Construct,
  handler: LambdaFunction,
  {
    table,
    itemType,
    stream,
    ...props
  }: StreamHandlerProps & { readonly itemType: 'event' | 'outbox' },
): IQueue {
  const deadLetterQueue =
    props.deadLetterQueue ??
    new Queue(scope, 'DeadLetterQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
  const source = new DynamoEventSource(table as ITable, {
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    retryAttempts: 25,
    ...stream,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    onFailure: new SqsDlq(deadLetterQueue),
    filters: [
      [{ 'anything-but': Object.keys(ITEM_TYPES).filter((other) => other !== itemType) }],
      FilterRule.notExists(),
    ].map((kind) =>
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('INSERT'),
        dynamodb: { NewImage: { itemType: { S: kind } } },
      }),
    ),
  })
  handler.addEventSource(source)
  return deadLetterQueue
}

/** Tells a function what it needs to know. */
export function tell(
  handler: LambdaFunction,
  { table, keyNames }: StreamHandlerProps,
  environment: Omit<FunctionEnvironment, 'KEY_NAMES' | 'REPORT_BATCH_ITEM_FAILURES'>,
): void {
  const names = keyNames ?? (table instanceof EventsTable ? table.keyNames : undefined)
  const all: FunctionEnvironment = {
    ...environment,
    ...(names && { KEY_NAMES: JSON.stringify({ pk: names.pk, sk: names.sk }) }),
    REPORT_BATCH_ITEM_FAILURES: 'true',
  }
  for (const [name, value] of Object.entries(all)) handler.addEnvironment(name, value as string)
}
