/** Rows of table `queues`: what the control store knows of a queue. */
import type { JsonText } from '../../model/json.ts'
import type { Epoch, Project, QueueName } from '../../model/names.ts'
import type { PoolName } from '../../model/pool.ts'
import type { Moving, QueueRecord } from '../contract.ts'

/** Epoch, stage of a move, and the lengths of the two names of pools. They and the metadata follow. */
const HEADER = 7

/** By their numbers in a row. */
const STAGES: readonly (Moving['stage'] | null)[] = [null, 'announced', 'sealed', 'copied']

export function readRecord(project: Project, queue: QueueName, row: Buffer): QueueRecord {
  const poolEnd = HEADER + row.readUInt8(5)
  const toEnd = poolEnd + row.readUInt8(6)
  const stage = STAGES[row.readUInt8(4)] ?? null
  return {
    project, queue,
    epoch: row.readUInt32BE() as Epoch,
    pool: poolEnd === HEADER ? null : (row.toString('utf8', HEADER, poolEnd) as PoolName),
    metadata: row.toString('utf8', toEnd) as JsonText,
    moving: stage === null ? null : { stage, to: row.toString('utf8', poolEnd, toEnd) as PoolName },
  }
}

export function writeRecord({ epoch, pool, moving, metadata }: QueueRecord): Buffer {
  const from = Buffer.from(pool ?? '')
  const to = Buffer.from(moving?.to ?? '')
  const header = Buffer.allocUnsafe(HEADER)
  header.writeUInt32BE(epoch)
  header.writeUInt8(STAGES.indexOf(moving?.stage ?? null), 4)
  header.writeUInt8(from.length, 5)
  header.writeUInt8(to.length, 6)
  return Buffer.concat([header, from, to, Buffer.from(metadata)])
}
