/** Waiting for a queue: its news, and an alarm at the next end of a claim or a delay in it. */
import type { Clock, Instant } from '../../clock.ts'
import type { QueueKey, Wake } from '../contract.ts'
import type { Newsroom } from './newsroom.ts'

/** What is to be had in a queue, and when there may be more by itself. */
export interface Outlook {
  readonly free: number
  /** The next end of a claim or a delay; Infinity if there is none. */
  readonly next: Instant
}

/** What waiting needs. `look` reads at once; it must not put it off to a later turn. */
export interface WatchParts {
  readonly newsroom: Newsroom
  readonly clock: Clock
  readonly look: (at: QueueKey) => Promise<Outlook>
}

/** How long it takes until a failed look is tried again, in milliseconds. */
const LOOK_AGAIN_MS = 1000

/** See `DataStore.watch`. It costs one look at the beginning and one at each end of a claim or a delay, however long nothing happens. */
export function watchQueue({ newsroom, clock, look }: WatchParts, at: QueueKey, wake: Wake): () => void {
  let next = Infinity
  let disarm = () => { /* no alarm is set */ }
  let isOver = false

  function arm(moment: Instant): void {
    if (moment >= next || isOver) return
    disarm()
    next = moment
    disarm = clock.at(moment, () => {
      next = Infinity
      void lookAround(free => { if (free > 0) wake(free) })
    })
  }

  async function lookAround(tell: Wake): Promise<void> {
    try {
      const outlook = await look(at)
      arm(outlook.next)
      if (!isOver) tell(outlook.free)
    } catch {
      // Whoever is woken meets the failure, if it lasts.
      arm(clock.now() + LOOK_AGAIN_MS)
      if (!isOver) tell(Infinity)
    }
  }

  const end = newsroom.watch(at.epoch, news => {
    if (news === null) {
      void lookAround(wake)
      return
    }
    arm(news.ends)
    if (news.freed + news.withheld > 0) wake(news.freed)
  })
  void lookAround(() => undefined)
  return () => {
    isOver = true
    end()
    disarm()
  }
}
