import { euros, say } from './print.ts'

/** Whatever sends mails. It is down now and then. */
export const mails = { downFor: 0 }

export async function sendReceipt(
  walletId: string,
  version: number,
  amount: number,
): Promise<void> {
  if (mails.downFor > 0) {
    mails.downFor -= 1
    throw new Error('the mail server is down')
  }
  say(`✉ ${walletId.padEnd(9)} a receipt for event ${version}, ${euros(amount)}`)
}
