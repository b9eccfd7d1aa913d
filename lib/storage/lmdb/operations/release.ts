import type { Operation, Outcome } from '../../contract.ts'
import type { Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

/** Gives back what a live claim holds (api-v1.md 9.5). A claim that has run out is left to the sweeper. */
export function release(queue: Queue, { claim: id }: Operation & { op: 'release' }, { now }: Moment): Outcome {
  const claim = queue.claim(id)
  if (claim !== null && claim.expires > now) queue.endClaim(id, claim, 'clear')
  return { is: 'released' }
}
