/** The LMDB data store: messages and claims in the layout of doc/contributor/storage-lmdb.md. */
import type { Clock } from '../../clock.ts'
import type { DataStore, Operation, Outcome, QueueKey } from '../contract.ts'
import type { Environment } from './environment.ts'
import { claim } from './operations/claim.ts'
import type { Moment } from './operations/moment.ts'
import { post } from './operations/post.ts'
import { release } from './operations/release.ts'
import { remove } from './operations/remove.ts'
import { renew } from './operations/renew.ts'
import { Queue } from './queue.ts'
import { readLiveClaim, readMessages, readPage, readStats } from './reads.ts'
import { settleSlice } from './settle.ts'
import { currentGeneration } from './tenure.ts'

/** The data store of an open environment, which it closes with itself. */
export function lmdbData(env: Environment, clock: Clock): DataStore {
  const generation = currentGeneration(env)
  const moment = (): Moment => ({ now: clock.now(), generation })

  function reading<Result>(what: string, at: QueueKey, action: (queue: Queue) => Result): Promise<Result> {
    return env.read(what, () => action(new Queue(env, at.epoch)))
  }

  return {
    async commit(unit) {
      const [first] = unit
      if (first === undefined) return []
      if (unit.length === 1) return [await env.write(first.op, () => apply(env, first, moment()))]
      return env.writeOrUndo('unit', () => {
        const at = moment()
        return unit.map(operation => apply(env, operation, at))
      }, outcomes => outcomes.some(isRefusal))
    },
    read: (at, range) => reading('read', at, queue => readPage(queue, range, clock.now())),
    get: (at, ids) => reading('get', at, queue => readMessages(queue, ids, clock.now())),
    claim: (at, id) => reading('claim', at, queue => readLiveClaim(queue, id, clock.now())),
    stats: at => reading('stats', at, queue => readStats(queue, clock.now())),
    settle: atMost => env.write('settle', () => settleSlice(env, clock.now(), atMost)),
    ping: () => env.read('ping', () => void currentGeneration(env)),
    close: () => env.close(),
  }
}

function isRefusal({ is }: Outcome): boolean {
  return is === 'gone' || is === 'no_claim'
}

function apply(env: Environment, operation: Operation, at: Moment): Outcome {
  const queue = new Queue(env, operation.at.epoch)
  if (operation.op === 'drop') {
    queue.drop(at.now)
    queue.flush()
    return { is: 'dropped' }
  }
  if (queue.dropped > 0) return { is: 'gone' }
  const outcome = run(queue, operation, at)
  if (!isRefusal(outcome)) queue.flush()
  return outcome
}

function run(queue: Queue, operation: Exclude<Operation, { op: 'drop' }>, at: Moment): Outcome {
  switch (operation.op) {
    case 'post':
      return post(queue, operation, at)
    case 'remove':
      return remove(queue, operation, at)
    case 'claim':
      return claim(queue, operation, at)
    case 'renew':
      return renew(queue, operation, at)
    case 'release':
      return release(queue, operation, at)
  }
}
