import { isObject, is, type Check } from '../../store/check-value.ts'
import { StoreError } from '../../store/errors.ts'

/** What is used of a client of the AWS SDK v3. */
export interface AwsClient {
  send(command: never): Promise<unknown>
}

/** Gives the client that was handed in, or else one made at first use. */
export type ClientSource = () => Promise<AwsClient>

export const awsClient: Check = is(
  'a client of the AWS SDK v3',
  (value) => isObject(value) && typeof value['send'] === 'function',
)

/**
 * The client that was given. Without one, a default one is made when it is first needed: region,
 * credentials and endpoint come from its surroundings (`AWS_REGION`, `AWS_ENDPOINT_URL`…).
 */
export function clientSource(
  given: AwsClient | undefined,
  make: () => Promise<AwsClient>,
): ClientSource {
  let made: Promise<AwsClient> | undefined
  return async () => {
    if (given) return given
    made ??= make()
    try {
      return await made
    } catch (error) {
      made = undefined
      throw error
    }
  }
}

/** Loads a package that is only there where it is needed. */
export async function load<Module>(name: string, from: () => Promise<Module>): Promise<Module> {
  try {
    return await from()
  } catch (cause) {
    throw new StoreError(
      'driver',
      `The package ${name} cannot be loaded. Run npm install ${name}.`,
      {
        cause,
      },
    )
  }
}
