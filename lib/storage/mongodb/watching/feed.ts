/** What those wait for who watch something of one collection, and where they hear of it: from this process, and from a source of all processes. */
import { Watchers } from '../../watchers.ts'

/** Tells what any process has changed. */
export interface Source {
  close(): void
}

/** What a source tells. `key` is what is watched, `messages` as in `Wake`. */
export interface Listener<Key> {
  /** What is watched now. */
  keys(): readonly Key[]
  hear(key: Key, messages: number): void
  /** From now on changes are told; what came before may not have been. */
  begin(): void
}

/** How long a source is listened to after nobody watches any more, in milliseconds. Mostly somebody soon does again. */
const LINGER_MS = 10_000
/** Every so many changes of this process are left to the source, from which all processes hear at the same time: each has its turn so. */
const TURNS = 4

/** The watchers of one collection. The source runs only while there are any. */
export class Feed<Key> {
  readonly #watchers = new Watchers<Key, number>(() => { this.#follow() })
  readonly #start: (listener: Listener<Key>) => Source
  readonly #turns = new Map<Key, number>()
  #source: Source | null = null
  #hasBegun = false
  #linger: NodeJS.Timeout | undefined

  constructor(start: (listener: Listener<Key>) => Source) {
    this.#start = start
  }

  /** Has `wake` called with all changes of `key`, until what it answers is called. */
  watch(key: Key, wake: (messages: number) => void): () => void {
    return this.#watchers.add(key, wake)
  }

  /** What this process has changed: mostly there is no need to wait for the source. */
  tell(key: Key, messages: number): void {
    if (!this.#watchers.has(key) || (messages > 0 && this.#isTheirTurn(key))) return
    this.#watchers.tell(key, messages)
  }

  /** What was heard from elsewhere. */
  hear(key: Key, messages: number): void {
    this.#watchers.tell(key, messages)
  }

  /** Anything may have changed. */
  hearAll(): void {
    this.#watchers.tellAll(Infinity)
  }

  close(): void {
    clearTimeout(this.#linger)
    this.#source?.close()
    this.#source = null
    this.#hasBegun = false
  }

  #isTheirTurn(key: Key): boolean {
    if (!this.#hasBegun) return false
    const turn = ((this.#turns.get(key) ?? 0) + 1) % TURNS
    this.#turns.set(key, turn)
    return turn === 0
  }

  #follow(): void {
    clearTimeout(this.#linger)
    if (this.#watchers.size === 0) {
      this.#turns.clear()
      this.#linger = setTimeout(() => { this.close() }, LINGER_MS).unref()
      return
    }
    this.#source ??= this.#start({
      keys: () => this.#watchers.keys(),
      hear: (key, messages) => { this.hear(key, messages) },
      begin: () => {
        this.#hasBegun = true
        this.hearAll()
      },
    })
  }
}
