/**
 * Which queues have claims or delays that end about now. A look every half second covers the second after it; whatever is held after a look
 * is held for a second at least, so it does not end before the next look. This saves every page and every claim the search for what has
 * just become free: it is done for the queues named here, and for all when the last look is too old. It is also how those who wait know
 * when to look again.
 */
import type { Instant } from '../../clock.ts'
import type { Partition } from './collections.ts'
import { ALWAYS } from './documents.ts'
import type { StoreTime } from './time.ts'

const LOOK_EVERY_MS = 500
/** How far a look sees ahead, in milliseconds. */
const AHEAD_MS = 1_000
/** Messages that a look takes notice of. If there are more, any queue may be among theirs. */
const MAX_HELD = 1_000

/** The end of a claim or a delay, of one message. */
export interface Lapse {
  readonly epoch: number
  readonly end: Instant
}

/** Is told what a look found; `isAll` is false where there is more, or was more since the look before. */
export type HearLapses = (lapses: readonly Lapse[], isAll: boolean) => void

/** What is known of ends of claims and delays. */
export interface Lapses {
  /** Whether something in this queue may have become free that still counts as held in the index. */
  mayBeIn(epoch: number, now: Instant): boolean
  /** Has `hear` called after each look, until what it answers is called. */
  follow(hear: HearLapses): () => void
  close(): void
}

/** Knows nothing, so that every search is a thorough one. */
export const UNKNOWN_LAPSES: Lapses = { mayBeIn: () => true, follow: () => () => undefined, close: () => undefined }

/** Looks until it is closed. */
export function watchLapses(partitions: readonly Partition[], time: StoreTime): Lapses {
  let covered: Instant = 0
  let queues: ReadonlySet<number> | null = null
  let hasMissed = false
  const listeners = new Set<HearLapses>()
  let cancel = time.at(time.now() + LOOK_EVERY_MS, next)
  let isClosed = false

  async function look(): Promise<void> {
    const until = time.now() + AHEAD_MS
    const found = await Promise.all(partitions.map(({ messages }) =>
      messages.find({ f: { $gt: ALWAYS, $lte: new Date(until) } }, { projection: { q: 1, f: 1, _id: 0 } }).limit(MAX_HELD)
        .map(({ q, f }): Lapse => ({ epoch: q, end: f?.getTime() ?? until })).toArray()))
    const isAll = found.every(each => each.length < MAX_HELD)
    const lapses = found.flat()
    queues = isAll ? new Set(lapses.map(({ epoch }) => epoch)) : null
    covered = until
    for (const hear of listeners) hear(lapses, isAll && !hasMissed)
    hasMissed = !isAll
  }

  /** The next look follows by the time at which this one began: a clock that is turned by hand may be far ahead when it ends. */
  function next(): void {
    const began = time.now()
    // A database that is out of reach fails whoever needs it. Until there is a new look the old one covers less and less.
    look().catch(() => { hasMissed = true }).finally(() => { if (!isClosed) cancel = time.at(began + LOOK_EVERY_MS, next) })
  }

  return {
    mayBeIn: (epoch, now) => now >= covered || queues === null || queues.has(epoch),
    follow(hear) {
      listeners.add(hear)
      return () => { listeners.delete(hear) }
    },
    close() {
      isClosed = true
      cancel()
    },
  }
}
