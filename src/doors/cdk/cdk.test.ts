import { Duration, type Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { Billing, Capacity, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tableDefinition } from '../../stores/dynamodb/table-definition.ts'
import { allowed, buildDoor, idOf, inlineFunction, type BuiltDoor } from './cdk.fixture.ts'

let door: BuiltDoor
let cdk: BuiltDoor['cdk']
beforeAll(async () => {
  door = await buildDoor()
  cdk = door.cdk
})
afterAll(() => door[Symbol.dispose]())

/** What is deployed of a stack. */
function templateOf(fill: (stack: Stack) => unknown): Template {
  const { stack } = door.newStack()
  fill(stack)
  return Template.fromStack(stack)
}

const READS_STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']

/** What is known to be something else does not come; what is damaged does. */
function filtersOf(kind: 'event' | 'outbox'): object[] {
  const all = ['event', 'copy', 'head', 'id', 'answer', 'document', 'outbox', 'log']
  const others = all.filter((other) => other !== kind)
  return [{ 'anything-but': others }, { exists: false }].map((rule) => ({
    Pattern: JSON.stringify({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { itemType: { S: [rule] } } },
    }),
  }))
}

describe('EventsTable', () => {
  test('is the table that the store describes', () => {
    const { stack } = door.newStack()
    const table = new cdk.EventsTable(stack, 'Events', { keyNames: { pk: 'pk', sk: 'sk' } })
    expect(table).toBeInstanceOf(TableV2)
    expect(table.keyNames).toEqual({ pk: 'pk', sk: 'sk' })
    const { AttributeDefinitions, ...described } = tableDefinition({
      as: 'cloudformation',
      keyNames: { pk: 'pk', sk: 'sk' },
    })
    const template = Template.fromStack(stack)
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: {
        ...described,
        AttributeDefinitions: Match.arrayWith(AttributeDefinitions.slice(0, 2)),
        Replicas: [
          Match.objectLike({
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    })
  })

  test('is called its key as the store calls it, unless said otherwise, in names that are free', () => {
    const { stack } = door.newStack()
    expect(new cdk.EventsTable(stack, 'Events').keyNames).toEqual({ pk: '_pk', sk: '_sk' })
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [
        { AttributeName: '_pk', KeyType: 'HASH' },
        { AttributeName: '_sk', KeyType: 'RANGE' },
      ],
    })
    const keyNames = { pk: 'type', sk: 'sk' }
    expect(() => new cdk.EventsTable(stack, 'Other', { keyNames })).toThrow('keyNames')
  })

  test('takes what a table takes', () => {
    const { stack } = door.newStack()
    const table = new cdk.EventsTable(stack, 'Events', {
      tableName: 'wallets',
      billing: Billing.provisioned({
        readCapacity: Capacity.fixed(5),
        writeCapacity: Capacity.autoscaled({ minCapacity: 5, maxCapacity: 10 }),
      }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
    })
    expect(table.keyNames).toEqual({ pk: '_pk', sk: '_sk' })
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TableName: 'wallets',
      BillingMode: 'PROVISIONED',
      Replicas: [
        Match.objectLike({
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
        }),
      ],
    })
  })

  test('lets a function do what a store does, and no more', () => {
    const { stack } = door.newStack()
    const table = new cdk.EventsTable(stack, 'Events')
    table.grantStore(inlineFunction(stack, 'Api'))
    const [[actions, resource] = [[], ''], ...more] = allowed(Template.fromStack(stack))
    expect(more).toEqual([])
    expect(actions).toContain('dynamodb:ConditionCheckItem')
    expect(actions.filter((action) => /\*|Scan|Stream|Table$/.test(action))).toEqual([
      'dynamodb:DescribeTable',
    ])
    expect(resource).toContain('/index/*')
  })
})

describe('EventStreamHandler', () => {
  const queueAndBus = (stack: Stack) =>
    new cdk.EventStreamHandler(stack, 'Stream', {
      table: new cdk.EventsTable(stack, 'Events'),
      queues: [new cdk.EventListenerQueue(stack, 'Mails').queue],
      eventBus: new EventBus(stack, 'Bus'),
    })

  test('runs the code of this package where new events are', () => {
    const template = templateOf(queueAndBus)
    template.hasResourceProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
      Runtime: Match.stringLikeRegexp('^nodejs2[2-9]'),
      Handler: 'dist/doors/cdk/functions/publish-events.handler',
      Timeout: 60,
      Environment: {
        Variables: {
          EVENT_BUS_NAME: { 'Fn::GetAtt': [idOf(template, 'AWS::Events::EventBus', 'Bus'), 'Arn'] },
          KEY_NAMES: '{"pk":"_pk","sk":"_sk"}',
          REPORT_BATCH_ITEM_FAILURES: 'true',
          QUEUE_URL_LIST: {
            'Fn::Join': [
              '',
              ['["', { Ref: idOf(template, 'AWS::SQS::Queue', 'MailsQueue') }, '"]'],
            ],
          },
        },
      },
    })
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 })
    expect(Object.keys(template.findResources('AWS::Lambda::EventSourceMapping'))).toHaveLength(1)
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: {
        'Fn::GetAtt': [idOf(template, 'AWS::DynamoDB::GlobalTable', 'Events'), 'StreamArn'],
      },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 25,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: {
        OnFailure: {
          Destination: {
            'Fn::GetAtt': [idOf(template, 'AWS::SQS::Queue', 'StreamDeadLetterQueue'), 'Arn'],
          },
        },
      },
      FilterCriteria: { Filters: filtersOf('event') },
    })
  })

  test('may read the stream, send to the queues and put on the bus, and nothing else', () => {
    const template = templateOf(queueAndBus)
    const grants = allowed(template)
    const of = (action: string) => grants.filter(([actions]) => actions.includes(action))
    const dead = idOf(template, 'AWS::SQS::Queue', 'StreamDeadLetterQueue')
    const mails = idOf(template, 'AWS::SQS::Queue', 'MailsQueue')
    const sends = of('sqs:SendMessage')
    expect(sends.find(([, resource]) => resource.includes(mails))?.[0]).toEqual(['sqs:SendMessage'])
    expect(sends.filter(([, to]) => !to.includes(mails) && !to.includes(dead))).toEqual([])
    expect(of('events:PutEvents').map(([actions]) => actions)).toEqual([['events:PutEvents']])
    expect(of('events:PutEvents')[0]?.[1]).toContain('Bus')
    expect(of('dynamodb:GetRecords')).toEqual([
      [READS_STREAM, expect.stringContaining('"StreamArn"')],
    ])
    expect(of('dynamodb:ListStreams').map(([actions]) => actions)).toEqual([
      ['dynamodb:ListStreams'],
    ])
    expect(grants).toHaveLength(5)
  })

  test('takes a function, a dead-letter queue and a way of reading of your own', () => {
    const { stack } = door.newStack()
    const table = new cdk.EventsTable(stack, 'Events')
    const deadLetterQueue = new Queue(stack, 'Dead')
    const handler = inlineFunction(stack, 'Own')
    const made = new cdk.EventStreamHandler(stack, 'Stream', {
      table,
      queues: [new Queue(stack, 'Mails')],
      handler,
      deadLetterQueue,
      keyNames: { pk: 'PK', sk: 'SK' },
      stream: { batchSize: 10, parallelizationFactor: 2, maxRecordAge: Duration.hours(6) },
    })
    expect([made.handler, made.deadLetterQueue]).toEqual([handler, deadLetterQueue])
    const template = Template.fromStack(stack)
    template.resourceCountIs('AWS::Lambda::Function', 1)
    template.resourceCountIs('AWS::SQS::Queue', 2)
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ KEY_NAMES: '{"pk":"PK","sk":"SK"}' }) },
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      ParallelizationFactor: 2,
      MaximumRecordAgeInSeconds: 21_600,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
  })

  test('is refused where it has nowhere to send to', () => {
    const { stack } = door.newStack()
    const table = new cdk.EventsTable(stack, 'Events')
    const make = () => new cdk.EventStreamHandler(stack, 'Stream', { table, queues: [] })
    expect(make).toThrow('EventStreamHandler: expected queues or an eventBus, found neither')
  })
})

test('DynamoDBOutboxEventBridgeHandler publishes new messages of the outbox to one bus', () => {
  const source = 'account-service'
  const template = templateOf(
    (stack) =>
      new cdk.DynamoDBOutboxEventBridgeHandler(stack, 'Outbox', {
        table: new cdk.EventsTable(stack, 'Events'),
        eventBus: new EventBus(stack, 'Bus'),
        source,
      }),
  )
  template.hasResourceProperties('AWS::Lambda::Function', {
    Architectures: ['arm64'],
    Handler: 'dist/doors/cdk/functions/publish-outbox.handler',
    Environment: {
      Variables: {
        EVENT_SOURCE: source,
        EVENT_BUS_NAME: { 'Fn::GetAtt': [idOf(template, 'AWS::Events::EventBus', 'Bus'), 'Arn'] },
        KEY_NAMES: '{"pk":"_pk","sk":"_sk"}',
        REPORT_BATCH_ITEM_FAILURES: 'true',
      },
    },
  })
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    FilterCriteria: { Filters: filtersOf('outbox') },
  })
  const actions = allowed(template).flatMap(([some]) => some)
  expect(actions.filter((action) => action.startsWith('events:'))).toEqual(['events:PutEvents'])
  const dead = idOf(template, 'AWS::SQS::Queue', 'OutboxDeadLetterQueue')
  const sends = allowed(template).filter(([some]) => some.includes('sqs:SendMessage'))
  expect(sends).toEqual([[expect.anything(), expect.stringContaining(dead)]])
})

describe('EventListenerQueue', () => {
  test('is a FIFO queue with another one for what fails for good', () => {
    const { stack } = door.newStack()
    const mails = new cdk.EventListenerQueue(stack, 'Mails')
    mails.addListener(inlineFunction(stack, 'Listener'), { maxConcurrency: 5 })
    const template = Template.fromStack(stack)
    template.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      VisibilityTimeout: 180,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      RedrivePolicy: {
        maxReceiveCount: 3,
        deadLetterTargetArn: {
          'Fn::GetAtt': [idOf(template, 'AWS::SQS::Queue', 'DeadLetterQueue'), 'Arn'],
        },
      },
    })
    template.allResourcesProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    })
    expect(allowed(template).flatMap(([actions]) => actions)).not.toContain('sqs:SendMessage')
  })

  test('is a standard queue where order does not matter', () => {
    const template = templateOf(
      (stack) =>
        new cdk.EventListenerQueue(stack, 'Mails', {
          fifo: false,
          maxReceiveCount: 5,
          visibilityTimeout: Duration.minutes(1),
        }),
    )
    expect(Object.keys(template.findResources('AWS::SQS::Queue'))).toHaveLength(2)
    template.allResourcesProperties('AWS::SQS::Queue', { FifoQueue: Match.absent() })
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 60,
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 5 }),
    })
  })
})
