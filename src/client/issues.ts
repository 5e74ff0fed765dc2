import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What a schema found, in one line. */
export function describeIssues(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues
    .map(({ message, path }) => {
      const where = path?.map((part) => String(typeof part === 'object' ? part.key : part))
      return where?.length ? `${where.join('.')}: ${message}` : message
    })
    .join('; ')
}
