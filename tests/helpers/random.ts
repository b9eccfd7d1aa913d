/** Random numbers that a seed repeats: MARCONI_TEST_SEED, or a fresh one, which a failing test must tell. */
import { randomInt } from 'node:crypto'

export class Random {
  readonly seed: number
  #state: number

  constructor(seed = Number(process.env['MARCONI_TEST_SEED'] ?? randomInt(2 ** 31))) {
    this.seed = seed
    this.#state = seed
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return low + Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (high - low + 1))
  }

  /** One of them. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** Another one, for somebody who draws at times of his own. */
  fork(): Random {
    return new Random(this.between(0, 2 ** 31))
  }
}
