/** Values that are worth remembering for a while: bounded in number and in time. */
import type { Clock, Instant } from '../clock.ts'

interface Entry<Value> {
  readonly value: Value
  readonly since: Instant
}

/** A bounded map whose entries are forgotten after a time. */
export class Remembered<Value> {
  readonly #clock: Clock
  readonly #forMs: number
  readonly #atMost: number
  readonly #entries = new Map<string, Entry<Value>>()

  constructor(clock: Clock, forMs: number, atMost: number) {
    this.#clock = clock
    this.#forMs = forMs
    this.#atMost = atMost
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const age = this.#clock.now() - entry.since
    // A clock that was put back tells nothing about the age.
    if (age >= 0 && age < this.#forMs) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Remembers a value from the moment on at which it was asked for: it may have changed since. */
  set(key: string, value: Value, since: Instant): void {
    this.#entries.delete(key)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= this.#atMost && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, { value, since })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
