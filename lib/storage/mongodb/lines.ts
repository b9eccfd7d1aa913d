/** Has what belongs together go one after the other within this process, so that only other processes can be in its way. */
export class Lines<Key> {
  readonly #ends = new Map<Key, Promise<unknown>>()

  /** Carries out `action` when all that came before it under this key is over, however it ended. */
  async wait<Result>(key: Key, action: () => Promise<Result>): Promise<Result> {
    const turn = (this.#ends.get(key) ?? Promise.resolve()).then(action, action)
    this.#ends.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#ends.get(key) === turn) this.#ends.delete(key)
    }
  }
}
