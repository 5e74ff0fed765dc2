import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'

function start(port: string, options: readonly string[] = []) {
  const running = spawn(process.execPath, [...options, 'scripts/dynamodb.ts', port])
  const said = { out: text(running.stdout), error: text(running.stderr) }
  return { running, said, exited: once(running, 'exit') as Promise<[number | null]> }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

// The engine is one for Linux; elsewhere the script says so, as the last test shows.
test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'npm run dynamodb starts a DynamoDB, says where it is, and ends it with Ctrl-C',
  async () => {
    const port = await freePort()
    const endpoint = `http://127.0.0.1:${port}`
    const { running, said, exited } = start(String(port))
    try {
      await Promise.race([once(running.stdout, 'data'), exited])
      const client = new DynamoDBClient({
        endpoint,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        maxAttempts: 1,
      })
      expect((await client.send(new ListTablesCommand())).TableNames).toEqual([])
      running.kill('SIGINT')
      expect(await exited).toEqual([0, null])
      expect(await said.out).toContain(`export AWS_ENDPOINT_URL=${endpoint}`)
      expect(await said.error).toBe('')
      await expect(client.send(new ListTablesCommand())).rejects.toThrow('ECONNREFUSED')
      client.destroy()
    } finally {
      running.kill('SIGKILL')
    }
  },
)

test('npm run dynamodb refuses what is no port', async () => {
  const { said, exited } = start('many')
  expect(await exited).toEqual([1, null])
  expect(await said.error).toBe('A port is expected, found many\n')
})

test('npm run dynamodb says what to do where there is no engine', async () => {
  const elsewhere = `data:text/javascript,Object.defineProperty(process, 'platform', { value: 'darwin' })`
  const { said, exited } = start('8000', ['--import', elsewhere])
  expect(await exited).toEqual([1, null])
  expect(await said.error).toMatch(/^There is no local DynamoDB for darwin-.*set DYNAMODB_ENDPOINT/)
})
