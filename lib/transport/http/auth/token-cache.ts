/** What is known about tokens. Tokens themselves are not kept: entries stand under their hash. */
import { hash } from 'node:crypto'
import type { Clock, Instant } from '../../../clock.ts'
import type { ValidToken } from './identity.ts'

/** What became of checking a token. */
export type Verdict =
  /** What was found out earlier is not believed for the whole time any more, but until a moment. */
  | { readonly kind: 'valid'; readonly token: ValidToken; readonly until?: Instant }
  | { readonly kind: 'invalid' }
  /** Nobody could say. */
  | { readonly kind: 'unavailable' }

export const INVALID: Verdict = { kind: 'invalid' }
export const UNAVAILABLE: Verdict = { kind: 'unavailable' }

/** How much is kept, and for how long. */
export interface CacheOptions {
  readonly clock: Clock
  /** How long a valid token is believed, in seconds; not kept at all from 0 down. */
  readonly seconds: number
  readonly entries?: number
  /** The most tokens that are being checked at a time; more are not, and unavailable. */
  readonly pending?: number
}

const DEFAULT_ENTRIES = 20_000
const DEFAULT_PENDING = 1_000
/** How long a refused token is refused without asking, in seconds. */
export const REFUSED_SECONDS = 5

interface Entry {
  readonly verdict: Verdict
  readonly until: Instant
}

/** The name of a token in the cache. */
export function keyOf(token: string): string {
  return hash('sha256', token, 'base64')
}

/** A bounded memory of verdicts. When it is full, the oldest entry goes. */
export class TokenCache {
  readonly #clock: Clock
  readonly #lifeMs: number
  readonly #entries: number
  readonly #maxPending: number
  readonly #valid = new Map<string, Entry>()
  /** Apart from the others, so that a flood of garbage displaces nothing but garbage. */
  readonly #invalid = new Map<string, Entry>()
  readonly #pending = new Map<string, Promise<Verdict>>()

  constructor({ clock, seconds, entries = DEFAULT_ENTRIES, pending = DEFAULT_PENDING }: CacheOptions) {
    this.#clock = clock
    this.#lifeMs = Math.max(seconds, 0) * 1000
    this.#entries = entries
    this.#maxPending = pending
  }

  /** How many verdicts are kept. */
  get size(): number {
    return this.#valid.size + this.#invalid.size
  }

  /** What is known about a token, if anything is. */
  get(key: string): Verdict | null {
    return this.#read(this.#valid, key) ?? this.#read(this.#invalid, key)
  }

  /** Checks a token that nothing is known about. All who ask for it meanwhile share the answer. */
  load(key: string, check: () => Promise<Verdict>): Promise<Verdict> {
    const before = this.#pending.get(key)
    if (before !== undefined) return before
    if (this.#pending.size >= this.#maxPending) return Promise.resolve(UNAVAILABLE)
    const checked = check().then(verdict => {
      this.keep(key, verdict)
      return verdict
    }).finally(() => { this.#pending.delete(key) })
    this.#pending.set(key, checked)
    return checked
  }

  /** Keeps a verdict: a valid token for no longer than it lives, unless it is accepted although it has expired. */
  keep(key: string, verdict: Verdict): void {
    const now = this.#clock.now()
    if (verdict.kind === 'invalid') {
      // A token that was valid is so no longer.
      this.#valid.delete(key)
      this.#write(this.#invalid, key, { verdict, until: now + REFUSED_SECONDS * 1000 })
    } else if (verdict.kind === 'valid' && this.#lifeMs > 0) {
      const { token: { expires }, until = Infinity } = verdict
      this.#write(this.#valid, key, { verdict, until: Math.min(now + this.#lifeMs, until, expires > now ? expires : Infinity) })
    }
  }

  /** Refuses a token until a moment, whatever is known about it. */
  refuse(key: string, until: Instant): void {
    this.#valid.delete(key)
    this.#write(this.#invalid, key, { verdict: INVALID, until })
  }

  #read(entries: Map<string, Entry>, key: string): Verdict | null {
    const entry = entries.get(key)
    if (entry === undefined) return null
    if (entry.until > this.#clock.now()) return entry.verdict
    entries.delete(key)
    return null
  }

  #write(entries: Map<string, Entry>, key: string, entry: Entry): void {
    entries.delete(key)
    if (entries.size >= this.#entries) for (const oldest of entries.keys()) {
      entries.delete(oldest)
      break
    }
    entries.set(key, entry)
  }
}
