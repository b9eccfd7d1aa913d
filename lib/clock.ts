/** A moment as milliseconds since the Unix epoch, in UTC. */
export type Instant = number

/** Where the time comes from. Storage drivers get theirs injected, so that tests can turn it by hand. */
export interface Clock {
  now(): Instant
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() }
