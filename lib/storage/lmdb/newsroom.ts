/** Where the news of a folder come together, of this process and of the others, and go to those who wait for them. */
import { Watchers } from '../watchers.ts'
import type { About, News } from './news.ts'
import type { Peers } from './peers.ts'

/** How long the other processes tell us on after nobody waits here any more, in milliseconds. Mostly somebody soon does again. */
const LINGER_MS = 10_000
/** Every so many news of a queue are held back here for a moment, so that those who wait elsewhere have their turn. */
const TURNS = 4
/** For how long, in milliseconds. */
const HOLD_BACK_MS = 2

/** The news of one folder. */
export class Newsroom {
  readonly #peers: Peers
  readonly #watchers = new Watchers<About, News | null>(() => { this.#follow() })
  /** How many news with free messages each queue that is waited for has had, in turns. */
  readonly #turns = new Map<About, number>()
  #isListening = false
  #linger: NodeJS.Timeout | undefined

  constructor(peers: Peers) {
    this.#peers = peers
  }

  /**
   * Has `hear` called with the news about something, until what it answers is called. Null: anything may have happened. What this
   * process commits reaches it before what others do at the same moment, but for every fourth time.
   */
  watch(about: About, hear: (news: News | null) => void): () => void {
    return this.#watchers.add(about, hear)
  }

  /** Tells what a transaction of this process did, when it is on disk. */
  publish(news: readonly News[]): void {
    this.#peers.tell(news)
    for (const each of news) {
      if (!this.#watchers.has(each.about)) continue
      if (this.#isTheirTurn(each)) setTimeout(() => { this.#watchers.tell(each.about, each) }, HOLD_BACK_MS).unref()
      else this.#watchers.tell(each.about, each)
    }
  }

  close(): void {
    clearTimeout(this.#linger)
    this.#peers.close()
  }

  #isTheirTurn({ about, freed }: News): boolean {
    if (freed === 0 || !this.#peers.areListening) return false
    const turn = ((this.#turns.get(about) ?? 0) + 1) % TURNS
    this.#turns.set(about, turn)
    return turn === 0
  }

  #follow(): void {
    clearTimeout(this.#linger)
    if (this.#watchers.size === 0) {
      this.#turns.clear()
      this.#linger = setTimeout(() => {
        this.#isListening = false
        this.#peers.ignore()
      }, LINGER_MS).unref()
    } else if (!this.#isListening) {
      this.#isListening = true
      this.#peers.listen(news => {
        if (news === null) this.#watchers.tellAll(null)
        else for (const each of news) this.#watchers.tell(each.about, each)
      })
    }
  }
}
