import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkData } from '../../event/check-data.ts'
import type { EventDefinition, EventDefinitions } from '../../event/definition.ts'
import { ValidationError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'

/** What is known of every type: what the union of the inputs says of it. */
export function definitionsOf(inputUnion: StandardSchemaV1): EventDefinitions {
  return {
    types: [],
    definitionOf: (type): EventDefinition => {
      if (typeof type !== 'string') {
        throw new ValidationError(`an event needs a type, found ${show(type)}`, {})
      }
      return {
        version: 1,
        check: async (data) => {
          const checked = await checkData(inputUnion, { type, data })
          return checked.issues
            ? { issues: checked.issues.map(inData) }
            : { value: (checked.value as { readonly data: unknown }).data }
        },
        upcast: (event) => event,
      }
    },
    '~standard': {
      version: 1,
      vendor: 'eventfold',
      validate: (value) => checkData(inputUnion, value) as StandardSchemaV1.Result<never>,
    },
  }
}

/** The path of an issue as it is within the data. Copied by name, for an issue may be of any class. */
function inData({ message, path = [] }: StandardSchemaV1.Issue): StandardSchemaV1.Issue {
  return { message, path: path[0] === 'data' ? path.slice(1) : path }
}
