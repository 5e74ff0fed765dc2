import { BenchLog } from './postgres-log.ts'
import { randomNumbers } from './sample.ts'

/** What a process of the benchmark is told. */
export interface Task {
  readonly clients: number
  readonly count: number
}

const [url = '', schema = '', early = '', seed = '1'] = process.argv.slice(2)
const log = new BenchLog(url, schema, { earlyRelease: early === 'early' })
const random = randomNumbers(Number(seed))

process.on('message', (task: Task | 'end') => {
  void (async () => {
    if (task === 'end') {
      await log.close()
      process.disconnect()
      return
    }
    // Carts of other processes move on meanwhile: each condition is on the log as it is now.
    await log.look()
    process.send?.(await log.appendWithin('a cart', task.clients, task.count, random))
  })()
})
process.send?.('ready')
