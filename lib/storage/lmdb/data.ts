/** The LMDB data store: messages and claims in the layout of doc/contributor/storage-lmdb.md. */
import type { Clock } from '../../clock.ts'
import type { DataStore, QueueKey } from '../contract.ts'
import { Committer } from './committer.ts'
import type { Environment } from './environment.ts'
import { Queue } from './queue.ts'
import { readLiveClaim, readMessages, readPage, readStats } from './reads.ts'
import { settleSlice } from './settle.ts'
import { Ledger, usageOf } from './usage.ts'
import { volumeOf } from './volume.ts'

/** The data store of an open environment, which it closes with itself. */
export function lmdbData(env: Environment, clock: Clock): DataStore {
  const committer = new Committer(env, clock)

  function reading<Result>(what: string, at: QueueKey, action: (queue: Queue) => Result): Promise<Result> {
    return env.read(what, () => action(new Queue(env, at, new Ledger(env))))
  }

  return {
    async commit(unit) {
      const [first] = unit
      if (first === undefined) return []
      return unit.length === 1 ? [await committer.one(first)] : committer.all(unit)
    },
    stands: at => reading('stands', at, queue => queue.dropped === 0),
    read: (at, range) => reading('read', at, queue => readPage(queue, range, clock.now())),
    get: (at, ids) => reading('get', at, queue => readMessages(queue, ids, clock.now())),
    claim: (at, id) => reading('claim', at, queue => readLiveClaim(queue, id, clock.now())),
    stats: at => reading('stats', at, queue => readStats(queue, clock.now())),
    usage: project => env.read('usage', () => usageOf(env, project)),
    settle: atMost => env.write('settle', () => settleSlice(env, clock.now(), atMost)),
    volume: () => env.read('volume', () => volumeOf(env)),
    ping: () => env.read('ping', () => undefined),
    close: () => env.close(),
  }
}
