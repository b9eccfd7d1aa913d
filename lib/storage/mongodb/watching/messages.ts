/** Hearing of messages that came, or came to be free, in one partition. */
import type { Document, ObjectId } from 'mongodb'
import { START, type Epoch } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../../contract.ts'
import type { Partition } from '../collections.ts'
import { ALWAYS, epochAt, positions } from '../documents.ts'
import { Feed, type Listener, type Source } from './feed.ts'
import { pollFor } from './poll.ts'
import { followStream } from './stream.ts'

/** A feed of the messages of a partition, by the database's change stream where it has any. */
export function messageFeed(partition: Partition, hasStreams: boolean): Feed<Epoch> {
  return new Feed(listener => hasStreams ? streamMessages(partition, listener) : pollMessages(partition, listener))
}

/** What came, and what is free again. Claims and removals are nothing new to anybody. */
const NEWS: readonly Document[] = [
  { $match: { $or: [{ operationType: { $in: ['insert', 'replace'] } }, { operationType: 'update', 'updateDescription.updatedFields.f': ALWAYS }] } },
  { $project: { 'documentKey._id': 1, 'fullDocument.f': 1, operationType: 1 } },
]

function streamMessages({ messages }: Partition, listener: Listener<Epoch>): Source {
  return followStream(messages, NEWS, change => {
    const { documentKey, fullDocument, operationType } = change as { readonly documentKey: { readonly _id: ObjectId }; readonly fullDocument?: { readonly f: Date | null }; readonly operationType: string }
    const isFree = operationType === 'update' || fullDocument?.f?.getTime() === ALWAYS.getTime()
    listener.hear(epochAt(documentKey), isFree ? 1 : 0)
  }, () => { listener.begin() })
}

/** What was known of a queue at the last look. */
interface Known {
  /** The last position. */
  readonly last: ObjectId | null
  /** See `HeadDocument.w`. */
  readonly stirred: number
}

function pollMessages(partition: Partition, listener: Listener<Epoch>): Source {
  const { messages, heads } = partition
  let known = new Map<Epoch, Known>()

  async function newest(epoch: Epoch): Promise<ObjectId | null> {
    return (await messages.findOne({ _id: positions(epoch, START) }, { sort: { _id: -1 }, projection: { _id: 1 } }))?._id ?? null
  }

  /** What stands behind the last positions that are known. */
  async function newer(epochs: readonly Epoch[]): Promise<ReadonlyMap<Epoch, { readonly last: ObjectId; readonly free: number }>> {
    if (epochs.length === 0) return new Map()
    const ranges = epochs.map(epoch => {
      const range = positions(epoch, START)
      return { _id: { ...range, $gt: known.get(epoch)?.last ?? range.$gt } }
    })
    const found = await messages.aggregate<{ readonly _id: number; readonly last: ObjectId; readonly free: number }>([
      { $match: { $or: ranges } },
      { $group: { _id: '$q', last: { $max: '$_id' }, free: { $sum: { $cond: [{ $eq: ['$f', ALWAYS] }, 1, 0] } } } },
    ]).toArray()
    return new Map(found.map(({ last, free }) => [epochAt({ _id: last }), { last, free }]))
  }

  async function look(): Promise<boolean> {
    const epochs = listener.keys()
    const stirred = new Map((await heads.find({ _id: { $in: [...epochs] } }, { projection: { w: 1 } }).toArray()).map(({ _id, w = 0 }) => [_id, w]))
    const found = await newer(epochs.filter(epoch => known.has(epoch)))
    const before = known
    known = new Map()
    let hasFound = false
    for (const epoch of epochs) {
      const former = before.get(epoch)
      const newer = found.get(epoch)
      const now: Known = { last: newer?.last ?? former?.last ?? await newest(epoch), stirred: stirred.get(epoch) ?? 0 }
      known.set(epoch, now)
      const free = former?.stirred === now.stirred ? newer?.free : Infinity
      if (free === undefined) continue
      listener.hear(epoch, free)
      hasFound = true
    }
    return hasFound
  }

  return pollFor(look, () => { listener.begin() })
}

/** What an operation of this process did to a queue that somebody may wait for; null if nothing. */
export function newsOf(operation: Operation, outcome: Outcome): { readonly at: QueueKey; readonly messages: number } | null {
  const { at } = operation
  if (operation.op === 'post' && outcome.is === 'posted') return { at, messages: operation.messages.filter(({ delay }) => delay === 0).length }
  if (operation.op === 'restore' && outcome.is === 'restored') return { at, messages: operation.messages.length }
  const deadLetters = operation.op === 'claim' ? operation.deadLetter?.to ?? null : null
  if (outcome.is === 'claimed' && deadLetters !== null) return { at: deadLetters, messages: outcome.moved }
  return outcome.is === 'released' ? { at, messages: Infinity } : null
}
