import { isEventfoldError } from 'eventfold'

export const euros = (cents: number): string => `${(cents / 100).toFixed(2)} €`

export function title(text: string): void {
  console.log(`\n${text}\n${'─'.repeat(text.length)}`)
}

export function say(text: string): void {
  console.log(`  ${text}`)
}

/** An event's data in a few words. */
export function brief(data: object): string {
  return Object.entries(data)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')
}

/** Says what became of something that may be refused. */
export async function tell(what: string, work: Promise<unknown>): Promise<void> {
  try {
    await work
    say(`${what.padEnd(34)}done`)
  } catch (error) {
    if (!isEventfoldError(error, 'REJECTED')) throw error
    say(`${what.padEnd(34)}refused: ${reasonOf(error)}`)
  }
}

/** What a rule threw, or why a decision said no. */
function reasonOf({ cause, message }: Error): string {
  return cause instanceof Error ? cause.message : message
}
