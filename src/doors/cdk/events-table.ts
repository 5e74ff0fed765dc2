import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  Capacity,
  StreamViewType,
  TableV2,
  type TablePropsV2,
} from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { tableDefinition } from '../../stores/dynamodb/table-definition.ts'
import { KEY_NAMES } from '../../stores/dynamodb/table-shape.ts'
import type { KeyNames } from '../../stores/dynamodb/table.ts'

type Ours =
  | 'partitionKey'
  | 'sortKey'
  | 'globalSecondaryIndexes'
  | 'localSecondaryIndexes'
  | 'dynamoStream'
  | 'timeToLiveAttribute'

/**
 * What a `TableV2` takes, besides what makes it the table of a log. It is on demand by default, with
 * recovery to any point in time, and stays when the stack goes.
 */
export interface EventsTableProps extends Omit<TablePropsV2, Ours> {
  /**
   * What the table calls the two parts of its key: `{ pk: 'pk', sk: 'sk' }` for `createEventFunctions`
   * and `initEvents`. Default is `_pk` and `_sk`, as `DynamoEventStore` has it.
   */
  readonly keyNames?: KeyNames | undefined
}

/** What a store sends. No scan, and nothing that changes the table itself. */
const ACTIONS = [
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'ConditionCheckItem',
  'BatchWriteItem',
  'DescribeTable',
]

const dynamodb = { AttributeType, Billing, Capacity, StreamViewType }

/**
 * The table of a log: its key, the index `by-type`, a stream of new images, and `expires` as the time to
 * live.
 *
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib'
 * import { EventsTable } from 'eventfold/cdk'
 *
 * const stack = new Stack(new App(), 'Wallets')
 * const table = new EventsTable(stack, 'Events', { keyNames: { pk: 'pk', sk: 'sk' } })
 * ```
 */
export class EventsTable extends TableV2 {
  readonly keyNames: KeyNames

  constructor(scope: Construct, id: string, props: EventsTableProps = {}) {
    const { keyNames = KEY_NAMES, ...given } = props
    const { billing, ...layout } = tableDefinition({ as: 'cdk', dynamodb, keyNames })
    super(scope, id, {
      billing,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(given.pointInTimeRecovery === undefined && {
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      }),
      ...given,
      ...layout,
    })
    this.keyNames = { ...keyNames }
  }

  /** Lets somebody use the table as a store does, and no more. */
  grantStore(grantee: IGrantable): Grant {
    this.encryptionKey?.grantEncryptDecrypt(grantee)
    return this.grant(grantee, ...ACTIONS.map((action) => `dynamodb:${action}`))
  }
}
