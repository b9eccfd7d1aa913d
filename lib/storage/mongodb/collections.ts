/** Which collections there are, and their indexes. */
import { crc32 } from 'node:zlib'
import type { Collection, IndexDescription, MongoClient } from 'mongodb'
import type { QueueKey } from '../contract.ts'
import { ALWAYS, type HeadDocument, type MessageDocument, type UsageDocument } from './documents.ts'

/** The databases that hold the messages of some of the queues. */
export interface Partition {
  readonly messages: Collection<MessageDocument>
  readonly heads: Collection<HeadDocument>
  readonly usage: Collection<UsageDocument>
}

const MESSAGE_INDEXES: readonly IndexDescription[] = [
  // Pages and claims: what is free, in order, and who posted it.
  { key: { q: 1, f: 1, _id: 1, w: 1 }, name: 'free' },
  // The sweeper: whose life is over.
  { key: { u: 1 }, name: 'until' },
  // What a claim or a delay holds, by its end.
  { key: { f: 1 }, name: 'held', partialFilterExpression: { f: { $gt: ALWAYS } } },
  // The messages of a claim.
  { key: { c: 1 }, name: 'claim', partialFilterExpression: { c: { $exists: true } } },
  // Messages that were moved here, by the id they are known by. No message is moved twice.
  { key: { q: 1, i: 1 }, name: 'moved', unique: true, partialFilterExpression: { i: { $exists: true } } },
]

const HEAD_INDEXES: readonly IndexDescription[] = [
  { key: { p: 1 }, name: 'project' },
  { key: { 'x.a': 1 }, name: 'ended', partialFilterExpression: { 'x.a': { $exists: true } } },
]

/** The partitions of a message store. */
export function partitionsOf(client: MongoClient, database: string, count: number): readonly Partition[] {
  return Array.from({ length: count }, (_, index) => {
    const db = client.db(`${database}_messages_p${index}`)
    return { messages: db.collection<MessageDocument>('messages'), heads: db.collection<HeadDocument>('queues'), usage: client.db(`${database}_messages_p0`).collection<UsageDocument>('usage') }
  })
}

/** The partition of a queue. */
export function partitionOf(partitions: readonly Partition[], { project, queue }: Pick<QueueKey, 'project' | 'queue'>): Partition {
  const partition = partitions[crc32(`${project}/${queue}`) % partitions.length]
  if (partition === undefined) throw new Error('a message store without partitions')
  return partition
}

/** Makes the indexes that are missing. An index of the same name that is another one is an error of the server, which names it. */
export async function makeIndexes(partitions: readonly Partition[]): Promise<void> {
  for (const { messages, heads } of partitions) {
    await messages.createIndexes([...MESSAGE_INDEXES])
    await heads.createIndexes([...HEAD_INDEXES])
  }
}
