/** Long waits: a request that finds nothing stays until there is something, and no longer than it said, its connection lives and the server runs. */
import { fail } from '../errors.ts'
import type { Quotas } from '../quota/quota.ts'
import type { WaitLedger } from '../quota/waits.ts'
import type { Stores } from '../storage/contract.ts'
import { WaitingLine, type Place } from './waiting-line.ts'

/** What somebody waits for. */
export interface WaitRequest<Result> {
  readonly place: Place
  /** How many messages it takes at most; null: it takes none, it only looks. */
  readonly takes: number | null
  /** How long it waits at most, in milliseconds. */
  readonly forMs: number
  /** Aborted when nobody is there any more to be answered. */
  readonly gone: AbortSignal
  /** Looks, and takes; null: there is nothing. */
  attempt(): Promise<Result | null>
  /** Gives back what was taken for somebody who has gone meanwhile. Left out where nothing can be given back. */
  undo?(result: Result): Promise<unknown>
}

/** What bounds waiting. */
export interface WaitLimits {
  /** How many waits may be open in this process. */
  readonly max_waits: number
}

/** The waits of a process. */
export class Waiters {
  readonly #stores: Stores
  readonly #quotas: Quotas
  readonly #ledger: WaitLedger
  readonly #limits: WaitLimits
  readonly #lines = new Map<string, WaitingLine>()
  readonly #open = new Set<() => void>()
  #isDraining = false

  constructor(stores: Stores, quotas: Quotas, ledger: WaitLedger, limits: WaitLimits) {
    this.#stores = stores
    this.#quotas = quotas
    this.#ledger = ledger
    this.#limits = limits
  }

  /** How many wait. */
  get open(): number {
    return this.#open.size
  }

  /**
   * What an attempt finds, now or as soon as there is something; null at the end of the wait. Rejects with `TooManyWaits` if it would have
   * to wait and too many do, and with what an attempt throws.
   */
  async wait<Result>(request: WaitRequest<Result>): Promise<Result | null> {
    // Where others wait already, they come first.
    const found = this.#lines.has(keyOf(request.place)) ? null : await tryOnce(request)
    if (found !== null || this.#isDraining || request.gone.aborted) return found ?? (this.#isDraining ? tryOnce(request) : null)
    const leave = await this.#enter(request.place)
    try {
      return await this.#standInLine(request)
    } finally {
      leave()
    }
  }

  /** Answers all who wait as at the end of their wait, and lets nobody wait any more. */
  drain(): void {
    this.#isDraining = true
    for (const end of [...this.#open]) end()
    for (const line of [...this.#lines.values()]) line.close()
  }

  /** Counts a wait; answers what counts it off. */
  async #enter({ project }: Place): Promise<() => void> {
    const { max_waits: most } = this.#limits
    if (this.#open.size >= most) throw fail('TooManyWaits', { limit: most, whose: 'server process' })
    const { waits } = this.#quotas.of(project)
    if (waits === Infinity) return () => undefined
    if (!await this.#ledger.enter(project, waits)) throw fail('TooManyWaits', { limit: waits, whose: 'project' })
    return () => { this.#ledger.leave(project) }
  }

  #standInLine<Result>(request: WaitRequest<Result>): Promise<Result | null> {
    const { takes, forMs, gone } = request
    return new Promise((resolve, reject) => {
      let isTrying = false
      let isOver = false

      const settle = (answer: () => void) => {
        clearTimeout(timer)
        gone.removeEventListener('abort', end)
        this.#open.delete(end)
        answer()
      }
      /** The wait is over; what is being tried is brought to its end. */
      const end = () => {
        isOver = true
        if (isTrying) return
        leave()
        settle(() => { resolve(null) })
      }
      const attempt = async () => {
        if (isOver) return 'over'
        isTrying = true
        try {
          const result = await tryOnce(request)
          if (result === null && !isOver) return 'nothing'
          settle(() => { resolve(result) })
          return result === null ? 'over' : 'took'
        } catch (error) {
          settle(() => { reject(error) })
          return 'over'
        } finally {
          isTrying = false
        }
      }

      const timer = setTimeout(end, forMs)
      gone.addEventListener('abort', end, { once: true })
      this.#open.add(end)
      const leave = this.#lineOf(request.place).join({ takes, attempt })
    })
  }

  #lineOf(place: Place): WaitingLine {
    const key = keyOf(place)
    const line = this.#lines.get(key) ?? new WaitingLine(this.#stores, place, () => { this.#lines.delete(key) })
    this.#lines.set(key, line)
    return line
  }
}

/** One attempt, if anybody is there to be answered. What was taken for one who went meanwhile is given back. */
async function tryOnce<Result>({ gone, attempt, undo }: WaitRequest<Result>): Promise<Result | null> {
  if (gone.aborted) return null
  try {
    const result = await attempt()
    if (result === null || !gone.aborted || undo === undefined) return result
    await undo(result)
    return null
  } catch (error) {
    if (error !== gone.reason) throw error
    return null
  }
}

/** No project id holds a zero byte. */
function keyOf({ project, queue }: Place): string {
  return `${queue}\0${project}`
}
