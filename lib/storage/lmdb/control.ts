/** The LMDB control store: queues by name, and where they lie. */
import type { Project, QueueName } from '../../model/names.ts'
import type { ControlStore, QueueKey, QueueRecord } from '../contract.ts'
import type { Environment } from './environment.ts'
import { nextEpoch } from './epochs.ts'
import { nameKey, nameKeyEnd, projectKey } from './keys.ts'
import { aboutName, newsOfName } from './news.ts'
import { followPlace, namesIn, placedIn } from './places.ts'
import { lmdbPools } from './pools.ts'
import { readRecord, writeRecord } from './records.ts'

/** The control store of an open environment, which it closes with itself. */
export function lmdbControl(env: Environment): ControlStore {
  function find(project: Project, queue: QueueName): QueueRecord | null {
    const row = env.queues.get(nameKey(project, queue))
    return row === null ? null : readRecord(project, queue, row)
  }

  function countOf(project: Project): number {
    return env.counts.get(projectKey(project))?.readUInt32LE() ?? 0
  }

  function setCount(project: Project, count: number): void {
    const row = Buffer.allocUnsafe(4)
    row.writeUInt32LE(count)
    if (count > 0) env.counts.put(projectKey(project), row)
    else env.counts.remove(projectKey(project))
  }

  /** The row of this incarnation; null if it is no more. */
  function current(at: QueueKey): QueueRecord | null {
    const record = find(at.project, at.queue)
    return record?.epoch === at.epoch ? record : null
  }

  /** Changes which queue stands under a name, or where it lies, and tells it. */
  async function changing<Result>(what: string, name: Pick<QueueKey, 'project' | 'queue'>, change: () => Result): Promise<Result> {
    const result = await env.write(what, change)
    env.newsroom.publish([newsOfName(name)])
    return result
  }

  return {
    queue: (project, queue) => env.read('reading a queue', () => find(project, queue)),
    createQueue: (project, queue, { metadata, pool, atMost }) => changing('creating a queue', { project, queue }, () => {
      const existing = find(project, queue)
      if (existing !== null) return { created: false, record: existing }
      if (countOf(project) >= atMost) return null
      followPlace(env, null, { project, queue, pool, moving: null })
      setCount(project, countOf(project) + 1)
      const record: QueueRecord = { project, queue, epoch: nextEpoch(env), pool, metadata, moving: null }
      env.queues.put(nameKey(project, queue), writeRecord(record))
      return { created: true, record }
    }),
    setMetadata: (at, metadata, former) => env.write('setting metadata', () => {
      const record = current(at)
      if (record === null || (former !== undefined && record.metadata !== former)) return false
      env.queues.put(nameKey(at.project, at.queue), writeRecord({ ...record, metadata }))
      return true
    }),
    removeQueue: at => changing('removing a queue', at, () => {
      const record = current(at)
      if (record === null) return
      followPlace(env, record, null)
      env.queues.remove(nameKey(at.project, at.queue))
      setCount(at.project, countOf(at.project) - 1)
    }),
    watch: (name, change) => env.newsroom.watch(aboutName(name), change),
    countQueues: project => env.read('counting queues', () => countOf(project)),
    listQueues: (project, after, limit) => env.read('listing queues', () => {
      // One more, because the marker itself may be there and does not count.
      const rows = env.queues.rows(nameKey(project, after), nameKeyEnd(project), limit + 1)
      return rows
        .map(({ key, value }) => readRecord(project, key.subarray(key.indexOf(0) + 1).toString() as QueueName, value))
        .filter(record => record.queue !== after)
        .slice(0, limit)
    }),

    ...lmdbPools(env),
    queuesIn: (pool, after, limit) => env.read('listing the queues of a pool', () =>
      namesIn(env, pool, after, limit).flatMap(({ project, queue }) => find(project, queue) ?? [])),
    countQueuesIn: pool => env.read('counting the queues of a pool', () => placedIn(env, pool).here),
    setPlace: (at, { pool, moving }) => changing('placing a queue', at, () => {
      const record = current(at)
      if (record === null || record.pool !== at.pool) return false
      const placed = { ...record, pool, moving }
      followPlace(env, record, placed)
      env.queues.put(nameKey(at.project, at.queue), writeRecord(placed))
      return true
    }),

    ping: () => env.read('ping', () => undefined),
    close: () => env.close(),
  }
}
