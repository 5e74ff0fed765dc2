import type { _Record } from '@aws-sdk/client-dynamodb-streams'
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { S3Client } from '@aws-sdk/client-s3'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { DynamoDBStreamHandler, DynamoDBStreamEvent } from 'aws-lambda'
import type { EventRecord } from 'eventfold'
import { createDynamoDBStreamToEventBridgeHandler } from 'eventfold/eventbridge'
import {
  createStreamHandler,
  handler,
  type AwsClient,
  type KeyedEventRecord,
  type LargeBodies,
  type StreamEvent,
  type StreamRecord,
} from 'eventfold/streams'
import { expectTypeOf, test } from 'vitest'

test('handlers are what Lambda calls', () => {
  expectTypeOf<DynamoDBStreamEvent>().toExtend<StreamEvent>()
  expectTypeOf(createStreamHandler).returns.toExtend<DynamoDBStreamHandler>()
  expectTypeOf(createDynamoDBStreamToEventBridgeHandler).returns.toExtend<DynamoDBStreamHandler>()
  expectTypeOf(handler).toExtend<DynamoDBStreamHandler>()
})

test('records of the SDK are records', () => {
  expectTypeOf<_Record>().toExtend<StreamRecord>()
})

test('clients of the SDK are clients', () => {
  expectTypeOf<SQSClient>().toExtend<AwsClient>()
  expectTypeOf<EventBridgeClient>().toExtend<AwsClient>()
  expectTypeOf<S3Client>().toExtend<AwsClient>()
  expectTypeOf<{ client: S3Client; bucket: string }>().toExtend<LargeBodies>()
  expectTypeOf<object>().not.toExtend<AwsClient>()
})

test('what is published without an aggregate is a record but for that', () => {
  expectTypeOf<KeyedEventRecord<{ a: number }>['payload']>().toEqualTypeOf<
    EventRecord<{ a: number }>['payload']
  >()
  expectTypeOf<KeyedEventRecord>().not.toHaveProperty('aggregateId')
})

test('queues are needed, and options are known', () => {
  // @ts-expect-error queueUrls is missing
  createStreamHandler({ busName: 'b' })
  // @ts-expect-error it is called busName
  createStreamHandler({ queueUrls: [], eventBusName: 'b' })
})
