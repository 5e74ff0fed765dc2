import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Annotations, Duration, IgnoreMode, RemovalPolicy } from 'aws-cdk-lib'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

/** Of this package, in `src` and in `dist` alike. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * A function whose code is this package as it is built: nothing to bundle, for it has no dependencies but
 * the AWS SDK, which the runtime brings along. Whoever wants another one hands in a function of their own.
 */
export function packageFunction(
  scope: Construct,
  file: 'publish-events' | 'publish-outbox',
  description: string,
): LambdaFunction {
  const module = `dist/doors/cdk/functions/${file}`
  return new LambdaFunction(scope, 'Function', {
    description,
    runtime: Runtime.NODEJS_LATEST,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.minutes(1),
    code: codeOf(scope, module),
    handler: `${module}.handler`,
    logGroup: new LogGroup(scope, 'Logs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  })
}

function codeOf(scope: Construct, module: string): Code {
  const isBuilt = import.meta.url.endsWith('.js') && existsSync(`${ROOT}${module}.js`)
  if (isBuilt) {
    return Code.fromAsset(ROOT, {
      // The last line that fits a file decides. Without package.json they would not be modules.
      exclude: ['*', '!package.json', '!dist', '!dist/**', '*.d.ts', '*.map'],
      ignoreMode: IgnoreMode.GIT,
    })
  }
  const message = `The code of this function is not where eventfold was installed (${ROOT}${module}.js). Leave eventfold out of the bundle of the CDK app, or hand in a function of your own as handler.`
  Annotations.of(scope).addError(message)
  return Code.fromInline(`throw new Error(${JSON.stringify(message)})`)
}
