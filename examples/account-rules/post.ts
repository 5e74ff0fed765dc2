import { createOutboxRelay, type EventStore, type OutboxMessage, type OutboxRelay } from 'eventfold'
import type { Letter } from './accounts.ts'
import { euros, say } from './print.ts'

/** Whatever sends letters. */
export interface Mail {
  isDown: boolean
}

/** A relay hands what waits to a publisher: any object that sends messages and answers for each of them. */
export function openPost(store: EventStore, mail: Mail): OutboxRelay {
  const send = async (message: OutboxMessage): Promise<void> => {
    if (mail.isDown) throw new Error('the mail server is down')
    say(`✉  ${textOf(message as unknown as Letter)}`)
  }
  return createOutboxRelay({
    store,
    name: 'post',
    publisher: { publish: (messages) => Promise.allSettled(messages.map(send)) },
    onError: ({ error, message }) => say(`${message?.type} waits: ${(error as Error).message}`),
  })
}

function textOf({ type, data }: Letter): string {
  switch (type) {
    case 'WELCOME':
      return `${data.to}: welcome`
    case 'BALANCE_CHANGED':
      return `${data.to}: ${euros(data.amount)}, which makes ${euros(data.balance)}`
    case 'CARD_BLOCKED':
      return `${data.to}: your card ${data.card} is blocked, ${data.reason}`
  }
}
