import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { App, Duration, Stack } from 'aws-cdk-lib'
import type { Template } from 'aws-cdk-lib/assertions'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'

export interface BuiltDoor extends Disposable {
  readonly cdk: typeof import('./index.ts')
  readonly newStack: () => { readonly app: App; readonly stack: Stack }
}

/** The door as it is installed: the functions that it deploys are those that were built. */
export async function buildDoor(): Promise<BuiltDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'eventfold-cdk-'))
  const options = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')]
  await once(spawn(resolve('node_modules/.bin/tsc'), options, { stdio: 'ignore' }), 'exit')
  copyFileSync('package.json', join(folder, 'package.json'))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  let stacks = 0
  return {
    cdk: await import(join(folder, 'dist/doors/cdk/index.js')),
    newStack: () => {
      stacks += 1
      const app = new App({ outdir: join(folder, `out-${stacks}`), analyticsReporting: false })
      return { app, stack: new Stack(app, 'Wallets') }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

export function inlineFunction(stack: Stack, id: string): LambdaFunction {
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_LATEST,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] })'),
    timeout: Duration.seconds(30),
  })
}

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

/** What the roles of a stack may do: the actions, and the resource as text. */
export function allowed(template: Template): [actions: readonly string[], resource: string][] {
  return Object.values(template.findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
    .map(({ Action, Resource }) => [[Action].flat().toSorted(), JSON.stringify(Resource)])
}

export function idOf(template: Template, type: string, part: string): string {
  return Object.keys(template.findResources(type)).find((id) => id.includes(part)) ?? ''
}

/** Calls a function as Lambda would, with the SDK around it that the runtime of Lambda has. */
export async function callFunction(
  module: string,
  event: unknown,
  env: Readonly<Record<string, string>>,
): Promise<{ answer: unknown; log: string }> {
  const script = `const { handler } = await import(${JSON.stringify(module)})
    console.log(JSON.stringify(await handler(${JSON.stringify(event)})))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      REPORT_BATCH_ITEM_FAILURES: 'true',
      KEY_NAMES: '{"pk":"PK","sk":"SK"}',
      ...env,
    },
  })
  const [said, log] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (said === '') throw new Error(log)
  return { answer: JSON.parse(said), log }
}

/** A record of a stream: an item of texts was written. */
export function inserted(PK: string, SK: string, attributes: object, numbers: object = {}): object {
  const as = (kind: 'S' | 'N', values: object) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { [kind]: value }]))
  const NewImage = { ...as('S', { PK, SK, ...attributes }), ...as('N', numbers) }
  return {
    eventName: 'INSERT',
    dynamodb: { SequenceNumber: '111', Keys: as('S', { PK, SK }), NewImage },
  }
}
