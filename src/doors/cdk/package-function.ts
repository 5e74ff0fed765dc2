import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Duration, IgnoreMode, RemovalPolicy } from 'aws-cdk-lib'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { ArgumentError } from '../../store/errors.ts'

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
  if (!existsSync(`${ROOT}${module}.js`)) {
    throw new ArgumentError(
      `The code of the function is not in ${ROOT}${module}.js. Do not bundle eventfold into the CDK app, or hand in a function of your own as handler.`,
    )
  }
  return new LambdaFunction(scope, 'Function', {
    description,
    runtime: Runtime.NODEJS_LATEST,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.minutes(1),
    code: Code.fromAsset(ROOT, {
      // The last line that fits a file decides. Without package.json they would not be modules.
      exclude: ['*', '!package.json', '!dist', '!dist/**', '*.d.ts', '*.map'],
      ignoreMode: IgnoreMode.GIT,
    }),
    handler: `${module}.handler`,
    logGroup: new LogGroup(scope, 'Logs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  })
}
