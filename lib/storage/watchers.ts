/** Who waits for what, within one process. */

/** A set of listeners for each of the things that somebody waits for. */
export class Watchers<Key, News> {
  readonly #byKey = new Map<Key, Set<(news: News) => void>>()
  readonly #changed: () => void

  /** `changed` is called when a thing comes to be waited for, or is waited for no more. */
  constructor(changed: () => void = () => undefined) {
    this.#changed = changed
  }

  /** Has `hear` called with all that is told of `key`; answers how to end it. */
  add(key: Key, hear: (news: News) => void): () => void {
    const all = this.#byKey.get(key) ?? new Set()
    // Whoever watches twice with one function is two.
    const listener = (news: News) => { hear(news) }
    this.#byKey.set(key, all.add(listener))
    if (all.size === 1) this.#changed()
    return () => {
      if (!all.delete(listener) || all.size > 0) return
      this.#byKey.delete(key)
      this.#changed()
    }
  }

  /** What is waited for. */
  keys(): readonly Key[] {
    return [...this.#byKey.keys()]
  }

  get size(): number {
    return this.#byKey.size
  }

  has(key: Key): boolean {
    return this.#byKey.has(key)
  }

  tell(key: Key, news: News): void {
    for (const hear of [...this.#byKey.get(key) ?? []]) hear(news)
  }

  tellAll(news: News): void {
    for (const key of this.keys()) this.tell(key, news)
  }
}
