/**
 * Which queues have claims or delays that end about now. A look every half second covers the second after it; whatever is held after a look
 * is held for a second at least, so it does not end before the next look. This saves every page and every claim the search for what has
 * just become free: it is done for the queues named here, and for all when the last look is too old.
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

/** What is known of ends of claims and delays. */
export interface Lapses {
  /** Whether something in this queue may have become free that still counts as held in the index. */
  mayBeIn(epoch: number, now: Instant): boolean
  close(): void
}

/** Knows nothing, so that every search is a thorough one. */
export const UNKNOWN_LAPSES: Lapses = { mayBeIn: () => true, close: () => undefined }

/** Looks until it is closed. */
export function watchLapses(partitions: readonly Partition[], time: StoreTime): Lapses {
  let covered: Instant = 0
  let queues: ReadonlySet<number> | null = null

  async function look(): Promise<void> {
    const until = time.now() + AHEAD_MS
    const found = await Promise.all(partitions.map(({ messages }) =>
      messages.find({ f: { $gt: ALWAYS, $lte: new Date(until) } }, { projection: { q: 1, _id: 0 } }).limit(MAX_HELD).map(({ q }) => q).toArray()))
    queues = found.some(each => each.length >= MAX_HELD) ? null : new Set(found.flat())
    covered = until
  }

  // A database that is out of reach fails whoever needs it. Until there is a new look the old one covers less and less.
  const timer = setInterval(() => { look().catch(() => undefined) }, LOOK_EVERY_MS)
  timer.unref()
  return {
    mayBeIn: (epoch, now) => now >= covered || queues === null || queues.has(epoch),
    close: () => { clearInterval(timer) },
  }
}
