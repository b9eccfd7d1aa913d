import type { Clock, Instant } from '../../lib/clock.ts'

/** A clock that stands still until it is turned. */
export class HandClock implements Clock {
  #now: Instant = Date.UTC(2026, 0, 1)

  now(): Instant {
    return this.#now
  }

  /** Turns it on by seconds. */
  tick(seconds: number): void {
    this.#now += Math.round(seconds * 1000)
  }
}
