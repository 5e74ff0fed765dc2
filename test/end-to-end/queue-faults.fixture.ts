import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { AwsClient } from 'eventfold/sqs'
import { pick, type Deck, type Random } from './deck.fixture.ts'

/**
 * What may happen to a request: the queue refuses one entry, which is too large for it; nothing arrives;
 * all arrives and the answer is lost; one of the messages before comes again, when the queue no longer
 * knows it; the process of the sender ends, and sends no more.
 */
export type SendFault = 'refused' | 'cut' | 'lost' | 'repeated' | 'died'

export interface Sender {
  readonly client: AwsClient
  readonly isDead: () => boolean
}

/** Senders to queues of messages of at most `maxBytes`, one after the other. */
export function sendersWithFaults(
  sqs: SQSClient,
  { deck, random, maxBytes }: { deck: Deck<SendFault>; random: Random; maxBytes: number },
): () => Sender {
  const sent: SendMessageBatchRequestEntry[] = []
  return () => {
    let isDead = false
    const send = async (command: SendMessageBatchCommand): Promise<unknown> => {
      const { QueueUrl, Entries = [] } = command.input
      const fault = isDead ? 'died' : deck.draw()
      if (fault === 'died') {
        isDead = true
        throw new Error('the process has ended')
      }
      if (fault === 'cut') throw new Error('the line is cut')
      const unlucky = fault === 'refused' ? pick(random, Entries) : undefined
      const entries = Entries.map((entry) =>
        entry === unlucky ? { ...entry, MessageBody: 'x'.repeat(maxBytes + 1) } : entry,
      )
      const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }))
      sent.push(...entries.filter((entry) => entry !== unlucky && entry.Id !== undefined))
      if (fault === 'repeated') {
        const again = { ...pick(random, sent), MessageDeduplicationId: `again-${sent.length}` }
        await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [again] }))
      }
      if (fault === 'lost') throw new Error('the answer is lost')
      return answer
    }
    return { client: { send: send }, isDead: () => isDead }
  }
}
