/** What a project keeps in all pools. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { Project } from '../../model/names.ts'
import type { PoolName } from '../../model/pool.ts'
import { isLimit } from '../allowance.ts'
import type { DataStore, Operation, Outcome, Usage } from '../contract.ts'
import { Remembered } from '../remembered.ts'

/** How long the use of another pool is believed, and how many uses are, in milliseconds. */
const BELIEVED_MS = 5000
const AT_MOST = 20_000
/** How long a post waits to hear of it, in milliseconds. */
const PATIENCE_MS = 500

const NOTHING: Usage = { messages: 0, bytes: 0 }

/** Runs an action on the store of a pool, or on that of the configuration. */
export type Within = <Result>(pool: PoolName | null, action: (store: DataStore) => Promise<Result>) => Promise<Result>

/** Adds up what is kept. */
export function total(each: readonly Usage[]): Usage {
  return each.reduce((sum, { messages, bytes }) => ({ messages: sum.messages + messages, bytes: sum.bytes + bytes }), NOTHING)
}

/**
 * Makes allowances hold over all pools: what a project keeps in the others is taken off. It is known as it was some seconds ago, and
 * what lies in a pool that does not answer does not count, so that a pool which is down refuses no post to another.
 */
export class SharedAllowance {
  readonly #within: Within
  readonly #names: () => Promise<readonly (PoolName | null)[]>
  readonly #known: Remembered<Usage>
  readonly #clock: Clock

  constructor(within: Within, names: () => Promise<readonly (PoolName | null)[]>, clock: Clock) {
    this.#within = within
    this.#names = names
    this.#clock = clock
    this.#known = new Remembered(clock, BELIEVED_MS, AT_MOST)
  }

  /** The operation with what is left of its allowance in its pool, and how its outcome is told. */
  async share(operation: Operation): Promise<{ readonly operation: Operation; readonly tell: (outcome: Outcome) => Outcome }> {
    const allowance = operation.op === 'post' ? operation.allowance : undefined
    if (operation.op !== 'post' || allowance === undefined || !isLimit(allowance)) {
      return { operation, tell: outcome => outcome }
    }
    const { project, pool } = operation.at
    const others = (await this.#names()).filter(name => name !== pool)
    const elsewhere = total(await Promise.all(others.map(name => this.#usage(name, project))))
    return {
      operation: { ...operation, allowance: { messages: allowance.messages - elsewhere.messages, bytes: allowance.bytes - elsewhere.bytes } },
      tell: outcome => outcome.is === 'over_quota' ? { ...outcome, limit: allowance[outcome.quota], used: outcome.used + elsewhere[outcome.quota] } : outcome,
    }
  }

  async #usage(pool: PoolName | null, project: Project): Promise<Usage> {
    const key = `${pool ?? ''}\0${project}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const since = this.#clock.now()
    const asked = this.#within(pool, store => store.usage(project)).catch(() => NOTHING)
    const usage = await Promise.race([asked, sleep(PATIENCE_MS, NOTHING, { ref: false })])
    this.#known.set(key, usage, since)
    return usage
  }
}
