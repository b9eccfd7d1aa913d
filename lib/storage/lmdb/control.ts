/** The LMDB control store: queues by name. */
import type { JsonText } from '../../model/json.ts'
import type { Epoch, Project, QueueName } from '../../model/names.ts'
import type { ControlStore, QueueKey, QueueRecord } from '../contract.ts'
import type { Environment } from './environment.ts'
import { nextEpoch } from './epochs.ts'
import { nameKey, nameKeyEnd, projectKey } from './keys.ts'

/** Bytes of a queue row before its metadata. */
const HEADER = 4

/** The control store of an open environment, which it closes with itself. */
export function lmdbControl(env: Environment): ControlStore {
  function find(project: Project, queue: QueueName): QueueRecord | null {
    const row = env.queues.get(nameKey(project, queue))
    return row === null ? null : recordOf(project, queue, row)
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

  function isCurrent(at: QueueKey): boolean {
    return find(at.project, at.queue)?.epoch === at.epoch
  }

  return {
    queue: (project, queue) => env.read('reading a queue', () => find(project, queue)),
    createQueue: (project, queue, { metadata, pool, atMost }) => env.write('creating a queue', () => {
      const existing = find(project, queue)
      if (existing !== null) return { created: false, record: existing }
      if (countOf(project) >= atMost) return null
      setCount(project, countOf(project) + 1)
      const record: QueueRecord = { project, queue, epoch: nextEpoch(env), pool, metadata, moving: null }
      env.queues.put(nameKey(project, queue), rowOf(record))
      return { created: true, record }
    }),
    setMetadata: (at, metadata, former) => env.write('setting metadata', () => {
      const record = find(at.project, at.queue)
      if (record?.epoch !== at.epoch || (former !== undefined && record.metadata !== former)) return false
      env.queues.put(nameKey(at.project, at.queue), rowOf({ ...at, metadata, moving: null }))
      return true
    }),
    removeQueue: at => env.write('removing a queue', () => {
      if (!isCurrent(at)) return
      env.queues.remove(nameKey(at.project, at.queue))
      setCount(at.project, countOf(at.project) - 1)
    }),
    countQueues: project => env.read('counting queues', () => countOf(project)),
    listQueues: (project, after, limit) => env.read('listing queues', () => {
      // One more, because the marker itself may be there and does not count.
      const rows = env.queues.rows(nameKey(project, after), nameKeyEnd(project), limit + 1)
      return rows
        .map(({ key, value }) => recordOf(project, key.subarray(key.indexOf(0) + 1).toString() as QueueName, value))
        .filter(record => record.queue !== after)
        .slice(0, limit)
    }),
    ping: () => env.read('ping', () => undefined),
    close: () => env.close(),
  }
}

function recordOf(project: Project, queue: QueueName, row: Buffer): QueueRecord {
  return { project, queue, epoch: row.readUInt32BE() as Epoch, pool: null, metadata: row.toString('utf8', HEADER) as JsonText, moving: null }
}

function rowOf({ epoch, metadata }: QueueRecord): Buffer {
  const row = Buffer.allocUnsafe(HEADER + Buffer.byteLength(metadata))
  row.writeUInt32BE(epoch)
  row.write(metadata, HEADER)
  return row
}
