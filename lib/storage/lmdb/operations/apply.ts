/** Carries out one operation of any kind on its queue. */
import type { Operation, Outcome } from '../../contract.ts'
import type { Queue } from '../queue.ts'
import { claim } from './claim.ts'
import type { Moment } from './moment.ts'
import { pop } from './pop.ts'
import { post } from './post.ts'
import { purge } from './purge.ts'
import { release } from './release.ts'
import { remove } from './remove.ts'
import { renew } from './renew.ts'
import { restore } from './restore.ts'

/** Each operation checks all before it changes anything, so one that is refused leaves no trace. */
export function apply(queue: Queue, operation: Operation, at: Moment): Outcome {
  if (operation.op === 'drop') {
    queue.head.drop(at.now)
    return { is: 'dropped' }
  }
  if (queue.head.sealed > 0) return { is: 'elsewhere' }
  if (queue.head.dropped > 0) return { is: 'gone' }
  if (operation.op === 'seal') {
    queue.head.seal(at.now)
    return { is: 'sealed' }
  }
  return change(queue, operation, at)
}

function change(queue: Queue, operation: Exclude<Operation, { readonly op: 'drop' | 'seal' }>, at: Moment): Outcome {
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
    case 'pop':
      return pop(queue, operation, at)
    case 'purge':
      return purge(queue, operation, at)
    case 'restore':
      return restore(queue, operation, at)
  }
}

/** About how many messages an operation has to do with. */
export function weightOf(operation: Operation): number {
  switch (operation.op) {
    case 'post':
    case 'restore':
      return operation.messages.length
    case 'remove':
      return operation.ids.length
    case 'claim':
    case 'pop':
    case 'purge':
      return operation.limit
    default:
      return 10
  }
}
