import type { MessageId } from '../../../model/names.ts'
import type { Operation, Outcome, Removal, RemoveCheck } from '../../contract.ts'
import type { Place, Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

/** Removes messages by id, each if its check holds (api-v1.md 7.4, 8.2). */
export function remove(queue: Queue, { ids, check }: Operation & { op: 'remove' }, { now }: Moment): Outcome {
  return { is: 'removed', each: ids.map(id => removeOne(queue, id, check, now)) }
}

function removeOne(queue: Queue, id: MessageId, check: RemoveCheck, now: number): Removal {
  const place = queue.find(id)
  if (place === null || place.until <= now) return 'absent'
  const obstacle = obstacleTo(queue, place, check, now)
  if (obstacle !== null) return obstacle
  queue.take(place)
  return 'removed'
}

function obstacleTo(queue: Queue, place: Place, check: RemoveCheck, now: number): Removal | null {
  if (check.kind === 'nothing') return null
  const isClaimed = place.state === 'claimed' && place.from > now
  if (check.kind === 'unclaimed') return isClaimed ? 'claimed' : null
  const isTheirs = queue.holdOf(place)?.claim === check.claim
  if (isClaimed) return isTheirs ? null : 'claimed'
  return isTheirs ? 'lapsed' : 'unclaimed'
}
