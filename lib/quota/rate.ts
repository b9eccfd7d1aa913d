/**
 * Request rates. The true count of a project is kept in one place, a bucket that fills at its rate up to its burst. A process
 * that serves requests takes slices of it in advance, so that hardly any request waits for the count; with one process the
 * bucket is at hand and a slice is one request.
 */
import type { Clock, Instant } from '../clock.ts'
import type { Project } from '../model/names.ts'
import type { Quota } from './quota.ts'

/** An answer to the wish for so many requests. */
export interface Lease {
  /** How many may be made; 0 if the project has to wait. */
  readonly granted: number
  /** When to ask again, in milliseconds, if none was granted. */
  readonly retryAfterMs: number
}

/** Where the true counts are. */
export interface Ledger {
  lease(project: Project, quota: Pick<Quota, 'requestsPerSecond' | 'burst'>, wanted: number): Lease | Promise<Lease>
}

/** Projects whose buckets are remembered. A forgotten bucket is full again, so the least recently used go first. */
const MAX_PROJECTS = 10_000

/** The true counts, for one process or in the primary for all. */
export class Buckets implements Ledger {
  readonly #clock: Clock
  readonly #levels = new Map<Project, { level: number; at: Instant }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  lease(project: Project, { requestsPerSecond: rate, burst }: Pick<Quota, 'requestsPerSecond' | 'burst'>, wanted: number): Lease {
    const now = this.#clock.now()
    const before = this.#levels.get(project)
    const level = before === undefined ? burst : Math.min(burst, before.level + (Math.max(0, now - before.at) * rate) / 1000)
    const granted = Math.min(wanted, Math.floor(level))
    this.#levels.delete(project)
    this.#levels.set(project, { level: level - granted, at: now })
    for (const oldest of this.#levels.keys()) {
      if (this.#levels.size <= MAX_PROJECTS) break
      this.#levels.delete(oldest)
    }
    return { granted, retryAfterMs: granted > 0 ? 0 : Math.ceil(((1 - level) / rate) * 1000) }
  }
}

/** The share of a second's requests that a process takes in advance. */
const SLICE_SECONDS = 0.01

interface Account {
  left: number
  /** Requests that wait for a slice. */
  waiting: number
  /** Until when there is no point in asking. */
  deniedUntil: Instant
  asking: Promise<void> | null
}

/** What a process has in advance. */
export class LeasedRate {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #accounts = new Map<Project, Account>()

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /**
   * Takes one request off a project's rate: 0 if it may be made, else the milliseconds until one may be. A promise only where the
   * count has to be asked.
   */
  take(project: Project, quota: Quota): number | Promise<number> {
    if (quota.requestsPerSecond === Infinity) return 0
    const account = this.#accountOf(project)
    if (account.left > 0) {
      account.left--
      return 0
    }
    const wait = account.deniedUntil - this.#clock.now()
    return wait > 0 ? wait : this.#ask(project, quota, account)
  }

  /** Waits for a slice, and for another one if those who waited too were quicker, until there is one or none is to be had. */
  async #ask(project: Project, quota: Quota, account: Account): Promise<number> {
    account.waiting++
    try {
      for (;;) {
        account.asking ??= this.#lease(project, quota, account)
        await account.asking
        if (account.left > 0) {
          account.left--
          return 0
        }
        const wait = account.deniedUntil - this.#clock.now()
        if (wait > 0) return wait
      }
    } finally {
      account.waiting--
    }
  }

  async #lease(project: Project, quota: Quota, account: Account): Promise<void> {
    try {
      const wanted = Math.max(account.waiting, Math.round(quota.requestsPerSecond * SLICE_SECONDS))
      const { granted, retryAfterMs } = await this.#ledger.lease(project, quota, wanted)
      account.left += granted
      if (granted === 0) account.deniedUntil = this.#clock.now() + Math.max(1, retryAfterMs)
    } finally {
      account.asking = null
    }
  }

  #accountOf(project: Project): Account {
    const known = this.#accounts.get(project)
    if (known !== undefined) return known
    const account: Account = { left: 0, waiting: 0, deniedUntil: 0, asking: null }
    this.#accounts.set(project, account)
    for (const oldest of this.#accounts.keys()) {
      if (this.#accounts.size <= MAX_PROJECTS) break
      this.#accounts.delete(oldest)
    }
    return account
  }
}
