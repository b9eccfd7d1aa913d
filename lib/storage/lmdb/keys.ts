/** How rows are named. Numbers are big-endian, so that the order of keys is the order of queues, positions and times. */
import type { Instant } from '../../clock.ts'
import type { ClaimId, Epoch, MessageId, Project, Sequence } from '../../model/names.ts'
import type { QueueKey } from '../contract.ts'

/** (epoch): the row of a queue. */
export function epochKey(epoch: number): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(epoch)
  return key
}

/** (epoch, position): a message. */
export function messageKey(epoch: Epoch, sequence: Sequence): Buffer {
  const key = Buffer.allocUnsafe(12)
  key.writeUInt32BE(epoch)
  key.writeUInt32BE(Math.floor(sequence / 2 ** 32), 4)
  key.writeUInt32BE(sequence % 2 ** 32, 8)
  return key
}

/** (epoch, claim): a claim. */
export function claimKey(epoch: Epoch, claim: ClaimId): Buffer {
  return Buffer.concat([epochKey(epoch), Buffer.from(claim, 'hex')])
}

/** (epoch, id): a message that was moved into the queue, by the id that it came with. */
export function aliasKey(epoch: Epoch, id: MessageId): Buffer {
  return Buffer.concat([epochKey(epoch), Buffer.from(id, 'hex')])
}

/** (epoch, state, level, index): a node of a tree. */
export function treeKey(epoch: number, state: number, level: number, index: number): Buffer {
  const key = Buffer.allocUnsafe(12)
  key.writeUInt32BE(epoch)
  key[4] = state
  key[5] = level
  key.writeUIntBE(index, 6, 6)
  return key
}

/** (time, epoch): when a queue needs the sweeper. */
export function dueKey(due: Instant, epoch: Epoch): Buffer {
  const key = Buffer.allocUnsafe(10)
  key.writeUIntBE(due, 0, 6)
  key.writeUInt32BE(epoch, 6)
  return key
}

/** Reads a `dueKey`. */
export function parseDueKey(key: Buffer): { readonly due: Instant; readonly epoch: Epoch } {
  return { due: key.readUIntBE(0, 6), epoch: key.readUInt32BE(6) as Epoch }
}

/**
 * (project, name): a queue by name. Neither part holds a zero byte, and the global namespace is the empty project, so no
 * project's rows lie among another's. A name beyond any that can exist is cut: its place in the order stays the same.
 */
export function nameKey(project: Project, name: string): Buffer {
  return Buffer.from(`${project}\0${name.slice(0, 65)}`)
}

/** (project): what a project has and keeps. */
export function projectKey(project: Project): Buffer {
  return Buffer.from(`${project}\0`)
}

/** The first key after all queues of a project. */
export function nameKeyEnd(project: Project): Buffer {
  return Buffer.from(`${project}\u0001`)
}

/** (pool): a pool, or how many queues lie in it. A name beyond any that can exist is cut, as in `nameKey`. */
export function poolKey(name: string): Buffer {
  return Buffer.from(name.slice(0, 65))
}

/** After all keys of pools. */
export const AFTER_ALL_POOLS = Buffer.of(0xff)

/** (pool, project, name): a queue that lies in a pool. */
export function placeKey(pool: string, { project, queue }: Pick<QueueKey, 'project' | 'queue'>): Buffer {
  return Buffer.from(`${pool}\0${project}\0${queue}`)
}

/** Before all keys whose first part is this. */
export function startUnder(first: string): Buffer {
  return Buffer.from(`${first}\0`)
}

/** After all keys whose first part is this. */
export function endUnder(first: string): Buffer {
  return Buffer.from(`${first}\u0001`)
}

/** (group, project, flavor): a flavor that stands for a group of pools. */
export function groupKey(group: string, project: Project, flavor: string): Buffer {
  return Buffer.from(`${group}\0${project}\0${flavor}`)
}
