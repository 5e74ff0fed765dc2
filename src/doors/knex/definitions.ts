import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkData } from '../../event/check-data.ts'
import type { EventDefinition, EventDefinitions } from '../../event/definition.ts'
import { ValidationError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'

/**
 * What is known of every type: what the union of the inputs says of it. What the event union could not
 * read is refused before it is stored, as where both have a transform: the second would meet the output
 * of the first.
 */
export function definitionsOf(
  inputUnion: StandardSchemaV1,
  eventUnion?: StandardSchemaV1,
): EventDefinitions {
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
          if (checked.issues) return { issues: checked.issues.map(inData) }
          const { data: value } = checked.value as { readonly data: unknown }
          const unreadable = await eventUnion?.['~standard'].validate({ ...ANY, type, data: value })
          return unreadable?.issues
            ? { issues: unreadable.issues.map(inData).map(onReading) }
            : { value }
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

/** What a stored event has beside its type and data. */
const ANY = {
  id: 1n,
  created_at: '2000-01-01T00:00:00.000Z',
  updated_at: '2000-01-01T00:00:00.000Z',
}

function onReading({ message, path }: StandardSchemaV1.Issue): StandardSchemaV1.Issue {
  return { message: `the event union could not read what would be stored: ${message}`, path }
}

/** The path of an issue as it is within the data. Copied by name, for an issue may be of any class. */
function inData({ message, path = [] }: StandardSchemaV1.Issue): StandardSchemaV1.Issue {
  return { message, path: path[0] === 'data' ? path.slice(1) : path }
}
