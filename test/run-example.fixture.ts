import { spawn } from 'node:child_process'

/** Whether tests on DynamoDB are wanted, and whether this machine has an engine of its own for them. */
export const isWanted: boolean = (process.env['STORES'] ?? 'dynamodb')
  .split(',')
  .includes('dynamodb')
export const hasOwn: boolean = process.platform === 'linux' && process.arch === 'x64'

/** What an example on DynamoDB prints: on its own engine, or on the one that the environment names. */
export async function runExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; said: string }> {
  const main = ['--conditions=eventfold-source', `examples/${name}/main.ts`]
  const { DYNAMODB_ENDPOINT: _, AWS_ENDPOINT_URL: _url, ...rest } = process.env
  const child = spawn(process.execPath, main, { env: { ...rest, ...env } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, said }
}
