// `npm run dynamodb [-- <port>]`: a local DynamoDB, empty, until Ctrl-C.
import { once } from 'node:events'
import { startEngine } from '../src/stores/dynamodb/dynoxide.fixture.ts'

const [port = '8000'] = process.argv.slice(2)

try {
  if (!/^[1-9]\d{0,4}$/u.test(port)) throw new Error(`A port is expected, found ${port}`)
  await using engine = await startEngine(Number(port))
  console.log(`DynamoDB listens on ${engine.endpoint}, with its data in memory. Ctrl-C stops it.

The AWS SDK and the AWS command line find it by their environment:

  export AWS_ENDPOINT_URL=${engine.endpoint} AWS_REGION=eu-central-1
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

A table for events is made by createTable({ client, tableName }) of eventfold/dynamodb.`)
  const stopped = await Promise.race([
    engine.ended,
    ...['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)),
  ])
  if (typeof stopped === 'string') throw new Error(`The local DynamoDB has ended: ${stopped}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
