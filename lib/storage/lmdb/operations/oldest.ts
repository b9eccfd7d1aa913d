import type { Instant } from '../../../clock.ts'
import { END, type Sequence } from '../../../model/names.ts'
import type { Place, Queue } from '../queue.ts'

/** Which messages that no live claim holds are wanted. */
interface Wanted {
  readonly limit: number
  /** The last position that counts. */
  readonly through?: Sequence
  /** Whether those whose delay is not over are wanted too. */
  readonly delayed?: 'too' | 'not'
}

/** The first messages that no live claim holds. Claims and delays found to be over are ended on the way. */
export function oldest(queue: Queue, { limit, through = END, delayed = 'not' }: Wanted, now: Instant): Place[] {
  const places: Place[] = []
  while (places.length < limit) {
    const held = collect(queue, places, { limit, through, delayed }, now)
    if (held === null) break
    const former = queue.holdOf(held)?.claim ?? null
    const row = former === null ? null : queue.claim(former)
    if (former !== null && row !== null) queue.endClaim(former, row, 'keep')
    else if (held.state !== 'free') queue.free(held.sequence, held.state)
  }
  return places
}

/** Adds to `places` what is wanted, up to the first message that a claim or delay held till now, which it answers. */
function collect(queue: Queue, places: Place[], { limit, through, delayed }: Required<Wanted>, now: Instant): Place | null {
  for (const place of queue.visible(places.at(-1)?.sequence ?? 0, now, null, { claimed: false, delayed: delayed === 'too' })) {
    if (place.sequence > through) break
    if (place.state !== 'free' && place.from <= now) return place
    places.push(place)
    if (places.length >= limit) break
  }
  return null
}
