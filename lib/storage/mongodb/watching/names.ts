/** Hearing that another queue stands under a name, or that it lies elsewhere. */
import type { Collection, Document } from 'mongodb'
import type { QueueDocument } from '../control.ts'
import { Feed, type Listener, type Source } from './feed.ts'
import { pollFor } from './poll.ts'
import { followStream } from './stream.ts'

/** A feed of the queues of a control store, by their ids. */
export function nameFeed(queues: Collection<QueueDocument>, hasStreams: boolean): Feed<string> {
  return new Feed(listener => hasStreams ? streamNames(queues, listener) : pollNames(queues, listener))
}

/** All but new metadata. */
const NEWS: readonly Document[] = [
  { $match: { 'updateDescription.updatedFields.m': { $exists: false } } },
  { $project: { 'documentKey._id': 1 } },
]

function streamNames(queues: Collection<QueueDocument>, listener: Listener<string>): Source {
  return followStream(queues, NEWS, change => {
    const { documentKey } = change as { readonly documentKey?: { readonly _id: string } }
    if (documentKey !== undefined) listener.hear(documentKey._id, Infinity)
  }, () => { listener.begin() })
}

function pollNames(queues: Collection<QueueDocument>, listener: Listener<string>): Source {
  let known = new Map<string, string>()

  async function look(): Promise<boolean> {
    const ids = listener.keys()
    const found = await queues.find({ _id: { $in: [...ids] } }, { projection: { e: 1, pool: 1, moving: 1 } }).toArray()
    const states = new Map(found.map(({ _id, ...state }) => [_id, JSON.stringify(state)]))
    const now = new Map(ids.map(id => [id, states.get(id) ?? '']))
    const changed = ids.filter(id => known.get(id) !== now.get(id))
    known = now
    for (const id of changed) listener.hear(id, Infinity)
    return changed.length > 0
  }

  return pollFor(look, () => { listener.begin() })
}
