/** The sole right to serve a store, for stores that one server only may have, whatever the number of its processes. */

/** A right that is held. */
export interface Tenure {
  /** Leaves in order. */
  release(): Promise<void>
}

/** Gets the folders of pools for this server, whichever of its processes asks, and however often. */
export interface Tenures {
  /** Resolves when this server has the folder. Before a store is opened in it. */
  take(path: string): Promise<void>
}

/** For programs that work beside a server: what it has, or nobody, is opened as it is. */
export const BESIDE_THE_SERVER: Tenures = { take: async () => undefined }

/** Holds folders until the server stops. In its first process. */
export class HeldTenures implements Tenures {
  readonly #hold: (path: string) => Promise<Tenure>
  readonly #held = new Map<string, Promise<Tenure>>()

  constructor(hold: (path: string) => Promise<Tenure>) {
    this.#hold = hold
  }

  async take(path: string): Promise<void> {
    const held = this.#held.get(path) ?? this.#hold(path)
    this.#held.set(path, held)
    try {
      await held
    } catch (error) {
      // Whoever asks next tries again.
      if (this.#held.get(path) === held) this.#held.delete(path)
      throw error
    }
  }

  /** Leaves all of them in order. */
  async release(): Promise<void> {
    const all = [...this.#held.values()]
    this.#held.clear()
    await Promise.all(all.map(async held => (await held.catch(() => null))?.release()))
  }
}
