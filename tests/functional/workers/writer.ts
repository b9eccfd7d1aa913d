/**
 * Posts to one queue of a data folder until it hears from its parent, and tells it of each post that was acknowledged.
 *
 *     writer.js FOLDER QUEUE NAME        the queue as JSON, a `QueueKey`
 */
import { systemClock } from '../../../lib/clock.ts'
import type { JsonText } from '../../../lib/model/json.ts'
import type { ClientId } from '../../../lib/model/names.ts'
import type { QueueKey } from '../../../lib/storage/contract.ts'
import { openData } from '../../../lib/storage/lmdb/open.ts'

/** An acknowledged post. */
export interface Acknowledged {
  readonly id: string
  readonly body: string
}

async function write(path: string, at: QueueKey, name: string): Promise<void> {
  const data = await openData({ path, durability: 'none' }, systemClock)
  let isOver = false
  process.once('message', () => { isOver = true })
  for (let no = 0; !isOver; no++) {
    const body = JSON.stringify(`${name} ${String(no)}`) as JsonText
    const [outcome] = await data.commit([{ op: 'post', at, client: 'a'.repeat(32) as ClientId, messages: [{ body, ttl: 3600, delay: 0 }] }])
    if (outcome?.is !== 'posted') throw new Error(`a post was ${outcome?.is ?? 'not answered'}`)
    process.send?.({ id: outcome.ids[0] ?? '', body } satisfies Acknowledged)
  }
  await data.close()
  process.disconnect()
}

const [path = '', queue = '', name = ''] = process.argv.slice(2)
await write(path, JSON.parse(queue) as QueueKey, name)
