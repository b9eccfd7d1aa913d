import type { ClientSession } from 'mongodb'
import { messageIdOf, type Sequence } from '../../../model/names.ts'
import { isLimit } from '../../allowance.ts'
import type { Operation, Outcome } from '../../contract.ts'
import { append, draftsOf } from '../append.ts'
import type { Store } from '../store.ts'
import { charge } from '../usage.ts'
import { ended } from '../tails.ts'

type Post = Operation & { readonly op: 'post' }

/** Whether the post has to be weighed against what its project may keep. */
export function isLimited({ allowance }: Post): boolean {
  return allowance !== undefined && isLimit(allowance)
}

/** Appends messages as a part of a transaction, if the project may keep so much. */
export async function post(store: Store, operation: Post, session?: ClientSession): Promise<Outcome> {
  const { at, client, messages, allowance } = operation
  const tail = await store.tails.of(at, session)
  if (tail.is !== 'open') return ended(tail.is)
  const refusal = allowance === undefined || !isLimited(operation) ? null : await charge(store, operation, allowance, session)
  if (refusal !== null) return refusal
  let left = draftsOf(client, messages)
  const ids: Sequence[] = []
  const state = await store.retry('posting', async number => {
    const place = number === 0 ? tail : await store.tails.look(at, session)
    if (place.is !== 'open') return place.is
    const done = await append(store, at, place, left, session)
    for (let index = 1; index <= done; index++) ids.push((place.last + index) as Sequence)
    left = left.slice(done)
    return left.length === 0 ? 'open' : undefined
  })
  if (state !== 'open') return ended(state)
  return { is: 'posted', ids: ids.map(sequence => messageIdOf(at.epoch, sequence)) }
}
