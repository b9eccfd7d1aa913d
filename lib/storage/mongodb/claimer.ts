/**
 * Claims. Those on one queue that wait for each other are combined: one read finds messages for all of them, and each then takes its own.
 * So the claims of one process never run after the same messages.
 */
import { START } from '../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../contract.ts'
import type { MessageDocument } from './documents.ts'
import { findFree } from './free.ts'
import { Groups, type Waiting } from './groups.ts'
import type { Guard } from './guard.ts'
import { handOut, nothingFree } from './operations/claim.ts'
import type { Store } from './store.ts'

type Claim = Operation & { readonly op: 'claim' }

/** Messages that one read looks for. */
const MAX_FOUND = 500
/** How often a claim tries when other processes take what it found. */
const MAX_ROUNDS = 10

interface Claiming extends Waiting {
  readonly operation: Claim
  rounds: number
}

/** The claims of a process. */
export class Claimer {
  readonly #store: Store
  readonly #groups: Groups<Claiming>

  constructor(store: Store, guarded: Guard) {
    this.#store = store
    this.#groups = new Groups(guarded, { name: 'claiming', fitting, serve: (at, group) => this.#serve(at, group) })
  }

  /** Resolves when the messages are claimed. */
  claim(operation: Claim): Promise<Outcome> {
    return this.#groups.add(operation.at, waiting => ({ ...waiting, operation, rounds: 0 }))
  }

  /** Serves a group, and returns those for whom others were too fast. */
  async #serve(at: QueueKey, group: readonly Claiming[]): Promise<Claiming[]> {
    const store = this.#store
    const now = store.time.now()
    const found = await findFree(store, at, now, { after: START, limit: group.reduce((sum, { operation }) => sum + operation.limit, 0) })
    if (found.length === 0) {
      const outcome = await nothingFree(store, at, now)
      for (const { resolve } of group) resolve(outcome)
      return []
    }
    let next = 0
    const served = await Promise.all(group.map(async one => {
      const own = found.slice(next, next += one.operation.limit)
      return await this.#give(one, own, now) ? [] : [one]
    }))
    return served.flat()
  }

  /** Gives one claim what was found for it; false if others took all of it. */
  async #give(one: Claiming, own: readonly MessageDocument[], now: number): Promise<boolean> {
    try {
      const outcome: Outcome = own.length === 0 ? { is: 'claimed', now, messages: [], moved: 0 } : await handOut(this.#store, one.operation, own, now)
      const isOvertaken = own.length > 0 && outcome.is === 'claimed' && outcome.messages.length + outcome.moved === 0
      if (isOvertaken && ++one.rounds < MAX_ROUNDS) return false
      one.resolve(outcome)
    } catch (error) {
      one.reject(error)
    }
    return true
  }
}

/** How many of those who wait one read serves. */
function fitting(waiting: readonly Claiming[]): number {
  let messages = 0
  const end = waiting.findIndex(({ operation }) => (messages += operation.limit) > MAX_FOUND)
  return end === -1 ? waiting.length : end
}
