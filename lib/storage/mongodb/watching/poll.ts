/** Looking again and again, on a lone server, which tells no changes. One for all that is watched, whoever watches it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from './feed.ts'

/** The shortest and the longest pause between two looks, in milliseconds. While nothing is found the pauses get longer. */
const SHORTEST_MS = 20
const LONGEST_MS = 500

/** Looks by `look`, which says whether it found anything. After one that failed `begin` is called: it was not seen what came meanwhile. */
export function pollFor(look: () => Promise<boolean>, begin: () => void): Source {
  const closed = new AbortController()

  async function follow(): Promise<void> {
    let hasFailed = true
    let pause = SHORTEST_MS
    while (!closed.signal.aborted) {
      try {
        const hasFound = await look()
        if (closed.signal.aborted) return
        if (hasFailed) begin()
        hasFailed = false
        pause = hasFound ? SHORTEST_MS : Math.min(2 * pause, LONGEST_MS)
      } catch {
        // A database that is out of reach fails whoever needs it.
        hasFailed = true
      }
      await sleep(pause, undefined, { ref: false, signal: closed.signal }).catch(() => undefined)
    }
  }

  void follow()
  return { close: () => { closed.abort() } }
}
