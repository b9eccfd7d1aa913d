import type { Instant } from '../../../clock.ts'
import type { QueueKey } from '../../contract.ts'
import type { Queue } from '../queue.ts'

/** What an operation needs to know beside its queue. */
export interface Moment {
  /** The store's time, the same for the whole unit. */
  readonly now: Instant
  /** Counts the unclean starts of the store, see tenure.ts. */
  readonly generation: number
  /** Another queue, in the same transaction. */
  open(at: QueueKey): Queue
}
