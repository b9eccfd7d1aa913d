/** The LMDB data store: messages and claims in the layout of doc/contributor/storage-lmdb.md. */
import type { Clock } from '../../clock.ts'
import type { DataStore, QueueKey } from '../contract.ts'
import { Committer } from './committer.ts'
import { dumpPage } from './dump.ts'
import type { Environment } from './environment.ts'
import { Queue, type Viewer } from './queue.ts'
import { readLiveClaim, readMessages, readOutlook, readPage, readPosition, readStats } from './reads.ts'
import { settleSlice } from './settle.ts'
import { currentGeneration } from './tenure.ts'
import { Ledger, usageOf } from './usage.ts'
import { volumeOf } from './volume.ts'
import { watchQueue } from './watch.ts'

/** The data store of an open environment, which it closes with itself. */
export function lmdbData(env: Environment, clock: Clock): DataStore {
  const generation = currentGeneration(env)
  const committer = new Committer(env, clock, generation)

  function reading<Result>(what: string, at: QueueKey, action: (queue: Queue) => Result, viewer: Viewer = 'anybody'): Promise<Result> {
    return env.read(what, () => action(new Queue(env, at, new Ledger(env), viewer)))
  }

  return {
    async commit(unit) {
      const [first] = unit
      if (first === undefined) return []
      return unit.length === 1 ? [await committer.one(first)] : committer.all(unit)
    },
    stands: at => reading('stands', at, ({ head }) => head.dropped === 0 || head.sealed > 0),
    read: (at, range) => reading('read', at, queue => readPage(queue, range, clock.now())),
    position: (at, id) => reading('position', at, queue => readPosition(queue, id, clock.now())),
    get: (at, ids) => reading('get', at, queue => readMessages(queue, ids, clock.now())),
    claim: (at, id) => reading('claim', at, queue => readLiveClaim(queue, id, clock.now())),
    stats: at => reading('stats', at, queue => readStats(queue, clock.now())),
    usage: project => env.read('usage', () => usageOf(env, project)),
    dump: (at, after, limit) => reading('dump', at, queue => dumpPage(queue, after, limit, { now: clock.now(), generation }), 'keeper'),
    watch: (at, wake) => watchQueue({ newsroom: env.newsroom, clock, look: seen => reading('outlook', seen, queue => readOutlook(queue, clock.now())) }, at, wake),
    settle: atMost => env.write('settle', () => settleSlice(env, clock.now(), atMost)),
    volume: () => env.read('volume', () => volumeOf(env)),
    ping: () => env.read('ping', () => undefined),
    close: () => env.close(),
  }
}
