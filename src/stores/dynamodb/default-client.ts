import type { DynamoClient } from './client.ts'

/**
 * A client that is made when it is first needed: region, credentials and endpoint come from its
 * surroundings (`AWS_REGION`, `AWS_ENDPOINT_URL`…).
 */
export function defaultClient(): DynamoClient {
  let made: Promise<DynamoClient> | undefined
  const make = async (): Promise<DynamoClient> => {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
    return new DynamoDBClient()
  }
  return {
    send: async (command, options) => {
      made ??= make()
      return (await made).send(command, options)
    },
  }
}
