/**
 * References in answers: paths only, never with a host. What goes in as it stands is safe in an address as well as inside a JSON
 * string: queue names, hexadecimal ids, numbers and booleans.
 */
import type { ClaimId, MessageId, QueueName } from '../../model/names.ts'
import type { Dialect } from './dialects.ts'

/** Where the queues are listed. */
export function queuesHref(dialect: Dialect): string {
  return `${dialect.prefix}/queues`
}

/** Where a queue is. */
export function queueHref(dialect: Dialect, queue: QueueName): string {
  return `${dialect.prefix}/queues/${queue}`
}

/** Where the messages of a queue are. */
export function messagesHref(dialect: Dialect, queue: QueueName): string {
  return `${dialect.prefix}/queues/${queue}/messages`
}

/** Where a message is. */
export function messageHref(dialect: Dialect, queue: QueueName, id: MessageId): string {
  return `${dialect.prefix}/queues/${queue}/messages/${id}`
}

/** Where a claim is. */
export function claimHref(dialect: Dialect, queue: QueueName, id: ClaimId): string {
  return `${dialect.prefix}/queues/${queue}/claims/${id}`
}

/** A parameter of a listing as the client gave it; null if it did not. */
export type GivenParameter = readonly [name: string, value: number | boolean | string | null]

/**
 * The `links` of a page: one link to the next, which repeats what the client had given and goes on after `marker`; null for the
 * beginning. Where the marker stands among the parameters is up to the version.
 */
export function nextLinks(path: string, given: readonly GivenParameter[], marker: string | null, place: Dialect['markerPlace'] = 'last'): string {
  const next: GivenParameter = ['marker', marker]
  const all = (place === 'first' ? [next, ...given] : [...given, next]).filter(([, value]) => value !== null)
  const query = all.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value ?? '')}`).join('&')
  return `[{"rel":"next","href":"${path}${query === '' ? '' : `?${query}`}"}]`
}
