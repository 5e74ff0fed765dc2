import { UnsupportedError } from '../../store/errors.ts'
import { BY_TYPE, EXPIRES, shapeOf, type Shape, type ShapeOptions } from './table-shape.ts'

/** The `Properties` of an `AWS::DynamoDB::Table`. */
export interface CloudFormationTable extends Shape {
  readonly StreamSpecification: { readonly StreamViewType: 'NEW_IMAGE' }
  readonly TimeToLiveSpecification: { readonly AttributeName: string; readonly Enabled: true }
}

/** The arguments of `sst.aws.Dynamo`. */
export interface SstTable {
  readonly fields: Record<string, 'string'>
  readonly primaryIndex: SstIndex
  readonly globalIndexes: Record<string, SstIndex>
  readonly stream: 'new-image'
  readonly ttl: string
}

export interface SstIndex {
  readonly hashKey: string
  readonly rangeKey: string
}

/** What is used of `aws-cdk-lib/aws-dynamodb`: its values have types of its own. */
export interface CdkDynamodb<AttributeType, View, Billing, Capacity> {
  readonly AttributeType: { readonly STRING: AttributeType }
  readonly StreamViewType: { readonly NEW_IMAGE: View }
  readonly Billing: {
    onDemand(): Billing
    provisioned(capacity: {
      readonly readCapacity: Capacity
      readonly writeCapacity: Capacity
    }): Billing
  }
  readonly Capacity: {
    fixed(units: number): Capacity
    autoscaled(range: { readonly minCapacity: number; readonly maxCapacity: number }): Capacity
  }
}

/** The properties of a `TableV2` of the CDK. */
export interface CdkTable<AttributeType, View, Billing> extends CdkKey<AttributeType> {
  readonly billing: Billing
  readonly globalSecondaryIndexes: (CdkKey<AttributeType> & { readonly indexName: string })[]
  readonly dynamoStream: View
  readonly timeToLiveAttribute: string
}

export interface CdkKey<AttributeType> {
  readonly partitionKey: { readonly name: string; readonly type: AttributeType }
  readonly sortKey: { readonly name: string; readonly type: AttributeType }
}

/**
 * The table of a log in the words of the tool that deploys it: its key, the index `by-type`, a stream of
 * new images, and `expires` as the time to live. Default is on demand, with the key `_pk` and `_sk`.
 *
 * CloudFormation, and what is built on it, such as SAM and the Serverless Framework:
 *
 * ```ts
 * const Orders = {
 *   Type: 'AWS::DynamoDB::Table',
 *   Properties: tableDefinition({ as: 'cloudformation' }),
 * }
 * ```
 */
export function tableDefinition(
  options: ShapeOptions & { readonly as: 'cloudformation' },
): CloudFormationTable
/**
 * The CDK, whose module is handed in. Of provisioned tables it wants to scale the writing capacity: its
 * least and its most are what `billing` says.
 *
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib'
 * import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
 * import { tableDefinition } from 'eventfold/dynamodb'
 *
 * const stack = new Stack(new App(), 'Shop')
 * const table = new dynamodb.TableV2(stack, 'Orders', tableDefinition({ as: 'cdk', dynamodb }))
 * ```
 */
export function tableDefinition<AttributeType, View, Billing, Capacity>(
  options: ShapeOptions & {
    readonly as: 'cdk'
    readonly dynamodb: CdkDynamodb<AttributeType, View, Billing, Capacity>
  },
): CdkTable<AttributeType, View, Billing>
/**
 * SST, whose tables are on demand.
 *
 * ```ts
 * const table = new sst.aws.Dynamo('Orders', tableDefinition({ as: 'sst' }))
 * ```
 */
export function tableDefinition(
  options: ShapeOptions & { readonly as: 'sst'; readonly billing?: 'on-demand' | undefined },
): SstTable
export function tableDefinition(
  options: ShapeOptions &
    (
      | { readonly as: 'cloudformation' | 'sst' }
      | { readonly as: 'cdk'; readonly dynamodb: CdkDynamodb<unknown, unknown, unknown, unknown> }
    ),
): CloudFormationTable | CdkTable<unknown, unknown, unknown> | SstTable {
  const shape = shapeOf(options)
  switch (options.as) {
    case 'cloudformation':
      return {
        ...shape,
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        TimeToLiveSpecification: { AttributeName: EXPIRES, Enabled: true },
      }
    case 'cdk':
      return cdkTable(shape, options.dynamodb)
    case 'sst':
      return sstTable(shape)
  }
}

function cdkTable<AttributeType, View, Billing, Capacity>(
  { KeySchema: [pk, sk], ProvisionedThroughput: units }: Shape,
  dynamodb: CdkDynamodb<AttributeType, View, Billing, Capacity>,
): CdkTable<AttributeType, View, Billing> {
  const type = dynamodb.AttributeType.STRING
  const keyOf = (hash: string, range: string): CdkKey<AttributeType> => ({
    partitionKey: { name: hash, type },
    sortKey: { name: range, type },
  })
  const { Billing, Capacity } = dynamodb
  return {
    ...keyOf(pk.AttributeName, sk.AttributeName),
    billing: units
      ? Billing.provisioned({
          readCapacity: Capacity.fixed(units.ReadCapacityUnits),
          writeCapacity: Capacity.autoscaled({
            minCapacity: units.WriteCapacityUnits,
            maxCapacity: units.WriteCapacityUnits,
          }),
        })
      : Billing.onDemand(),
    globalSecondaryIndexes: [{ indexName: BY_TYPE.name, ...keyOf(BY_TYPE.pk, BY_TYPE.sk) }],
    dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
    timeToLiveAttribute: EXPIRES,
  }
}

function sstTable({ KeySchema: [pk, sk], AttributeDefinitions, BillingMode }: Shape): SstTable {
  if (BillingMode === 'PROVISIONED') {
    throw new UnsupportedError(
      'SST makes tables on demand: leave `billing` out, and set the capacities in `transform.table` of the component.',
    )
  }
  return {
    fields: Object.fromEntries(
      AttributeDefinitions.map(({ AttributeName }) => [AttributeName, 'string']),
    ),
    primaryIndex: { hashKey: pk.AttributeName, rangeKey: sk.AttributeName },
    globalIndexes: { [BY_TYPE.name]: { hashKey: BY_TYPE.pk, rangeKey: BY_TYPE.sk } },
    stream: 'new-image',
    ttl: EXPIRES,
  }
}
