import type { Clock, Instant } from '../../lib/clock.ts'

/** A clock that stands still until it is turned. */
export class HandClock implements Clock {
  #now: Instant = Date.UTC(2026, 0, 1)
  readonly #alarms = new Set<{ readonly moment: Instant; readonly action: () => void }>()

  now(): Instant {
    return this.#now
  }

  at(moment: Instant, action: () => void): () => void {
    const alarm = { moment, action }
    this.#alarms.add(alarm)
    if (moment <= this.#now) setImmediate(() => { this.#ring() })
    return () => { this.#alarms.delete(alarm) }
  }

  /** Turns it on by seconds. Alarms of the time that has passed go off, in order. */
  tick(seconds: number): void {
    this.#now += Math.round(seconds * 1000)
    this.#ring()
  }

  #ring(): void {
    const due = [...this.#alarms].filter(({ moment }) => moment <= this.#now).sort((one, other) => one.moment - other.moment)
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.action()
  }
}
