/**
 * The figures of doc/admin/scaling.md that can be worked out here: sizes of documents as the database stores them, and how evenly queues
 * spread over shards. `npm run scaling`; the answers do not depend on the machine.
 */
import { createHash } from 'node:crypto'
import { BSON } from 'mongodb'
import type { Epoch, Sequence } from '../lib/model/names.ts'
import { ALWAYS, positionId, type HeadDocument, type MessageDocument } from '../lib/storage/mongodb/documents.ts'
import type { QueueDocument } from '../lib/storage/mongodb/control.ts'

const EPOCH = 0x9770a030 as Epoch
const SOME_DATE = new Date(1_795_000_000_000)
const SOME_ID = positionId(EPOCH, 1_000_000 as Sequence)

function message(bodyBytes: number): MessageDocument {
  return { _id: SOME_ID, q: EPOCH, f: ALWAYS, u: SOME_DATE, a: SOME_DATE, t: 3600, w: 2 ** 51, b: `"${'x'.repeat(bodyBytes - 2)}"`, s: bodyBytes, y: SOME_ID }
}

function removed(): MessageDocument {
  return { _id: SOME_ID, q: EPOCH, f: null, u: SOME_DATE, a: SOME_DATE, t: 3600, w: 2 ** 51, s: 1024, y: SOME_ID, r: SOME_ID }
}

function claimed(bodyBytes: number): MessageDocument {
  return { ...message(bodyBytes), f: SOME_DATE, c: SOME_ID, ct: 300, cs: SOME_DATE, n: 1 }
}

const HEAD: HeadDocument = { _id: EPOCH, p: 'p'.repeat(32), h: 1_000_000 }
const QUEUE: QueueDocument = { _id: `${'p'.repeat(32)}\0${'q'.repeat(24)}`, e: EPOCH, m: '{}', pool: null, moving: null }

/** Bytes of the keys of one message in each index, before the compression of common prefixes, with the place of the document (8). */
const KEYS = { _id: 13 + 8, free: 9 + 9 + 13 + 9 + 8, until: 9 + 8 } as const
/** The same of a message that a claim holds, besides. */
const CLAIMED_KEYS = { held: 9 + 8, claim: 13 + 8 } as const

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

function sizes(): void {
  const rows: readonly (readonly [string, number])[] = [
    ['message, body of 100 bytes', BSON.calculateObjectSize(message(100))],
    ['message, body of 1024 bytes', BSON.calculateObjectSize(message(1024))],
    ['the same while a claim holds it', BSON.calculateObjectSize(claimed(1024))],
    ['position of a removed message, for a minute', BSON.calculateObjectSize(removed())],
    ['head of a queue', BSON.calculateObjectSize(HEAD)],
    ['queue in the control store, no metadata', BSON.calculateObjectSize(QUEUE)],
    ['index keys of a message', sum(Object.values(KEYS))],
    ['index keys of a claimed message', sum(Object.values(KEYS)) + sum(Object.values(CLAIMED_KEYS))],
  ]
  console.log('bytes of')
  for (const [what, bytes] of rows) console.log(`  ${what.padEnd(46)}${String(bytes).padStart(8)}`)
}

/** Which shard a queue falls to, when shards share the hashes of epochs evenly. */
function shardOf(epoch: number, shards: number): number {
  return createHash('md5').update(String(epoch)).digest().readUInt32BE() % shards
}

/** The load of the busiest shard over the mean. Queue number n has a share of the traffic in proportion to 1/n to the power `skew`. */
function imbalance(queues: number, shards: number, skew: number): number {
  const loads = new Float64Array(shards)
  for (let queue = 1; queue <= queues; queue++) {
    const shard = shardOf(queue, shards)
    loads[shard] = (loads[shard] ?? 0) + queue ** -skew
  }
  return Math.max(...loads) / (sum(loads) / shards)
}

function spreads(): void {
  console.log('\nbusiest shard over the mean')
  console.log(`  ${'queues'.padStart(10)}${'shards'.padStart(8)}${'all alike'.padStart(12)}${'skew 0.5'.padStart(12)}${'skew 1'.padStart(12)}`)
  for (const [queues, shards] of [[10_000, 16], [1_000_000, 16], [1_000_000, 80]] as const) {
    const cells = [0, 0.5, 1].map(skew => imbalance(queues, shards, skew).toFixed(2).padStart(12))
    console.log(`  ${String(queues).padStart(10)}${String(shards).padStart(8)}${cells.join('')}`)
  }
}

sizes()
spreads()
