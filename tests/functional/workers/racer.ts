/**
 * One of several processes that race for the messages of one queue with claims of one second, on one store. It tells its parent
 * what it was given and for how long at least, by the store's own time.
 *
 *     racer.js PLACE QUEUE        both as JSON: a `StorePlace` and a `QueueKey`
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instant } from '../../../lib/clock.ts'
import type { ClaimId, MessageId } from '../../../lib/model/names.ts'
import type { QueueKey } from '../../../lib/storage/contract.ts'
import { openAt, type StorePlace } from './stores.ts'

/** A claim that a racer was given. A renewal reports it again, with a later end. */
export interface Handout {
  readonly pid: number
  readonly claim: string
  readonly ids: readonly MessageId[]
  readonly from: Instant
  /** It is live until here, or longer. */
  readonly until: Instant
}

const TTL_MS = 1000

/** The next message from the parent: the first starts the race, the second ends it. */
function heard(): Promise<void> {
  return new Promise(resolve => { process.once('message', () => { resolve() }) })
}

async function race(place: StorePlace, at: QueueKey): Promise<void> {
  const data = await openAt(place)
  process.send?.('ready')
  await heard()
  let isOver = false
  void heard().then(() => { isOver = true })
  for (let turn = 0; !isOver; turn++) {
    const id = randomBytes(12).toString('hex') as ClaimId
    const [outcome] = await data.commit([{ op: 'claim', at, id, limit: 3, ttl: 1, grace: 0 }])
    if (outcome?.is !== 'claimed') throw new Error(`a claim was ${outcome?.is ?? 'not answered'}`)
    if (outcome.messages.length > 0) {
      const handout: Handout = { pid: process.pid, claim: id, ids: outcome.messages.map(message => message.id), from: outcome.now, until: outcome.now + TTL_MS }
      process.send?.(handout)
      if (turn % 3 === 0) await renew(handout, id)
    }
    await sleep(3)
  }
  await data.close()
  process.disconnect()

  async function renew(handout: Handout, claim: ClaimId): Promise<void> {
    const [outcome] = await data.commit([{ op: 'renew', at, claim, ttl: 1, grace: 0 }])
    if (outcome?.is !== 'renewed') return
    // What the store itself says of its end; nothing if that has come.
    const held = await data.claim(at, claim)
    if (held !== null) process.send?.({ ...handout, until: held.expires } satisfies Handout)
  }
}

const [place = '', queue = ''] = process.argv.slice(2)
await race(JSON.parse(place) as StorePlace, JSON.parse(queue) as QueueKey)
