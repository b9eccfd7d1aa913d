/**
 * Claims. Those on one queue that wait for each other are combined: one read finds messages for all of them, and each then takes its own.
 * So the claims of one process never run after the same messages.
 */
import { START, type Epoch } from '../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../contract.ts'
import type { MessageDocument } from './documents.ts'
import { findFree } from './free.ts'
import type { Guard } from './guard.ts'
import { handOut, nothingFree } from './operations/claim.ts'
import type { Store } from './store.ts'

type Claim = Operation & { readonly op: 'claim' }

/** Messages that one read looks for. */
const MAX_FOUND = 500
/** How often a claim tries when other processes take what it found. */
const MAX_ROUNDS = 10

interface Waiting {
  readonly operation: Claim
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
  rounds: number
}

/** The claims of a process. */
export class Claimer {
  readonly #store: Store
  readonly #guarded: Guard
  readonly #waiting = new Map<Epoch, Waiting[]>()

  constructor(store: Store, guarded: Guard) {
    this.#store = store
    this.#guarded = guarded
  }

  /** Resolves when the messages are claimed. */
  claim(operation: Claim): Promise<Outcome> {
    const { at } = operation
    return new Promise((resolve, reject) => {
      const one: Waiting = { operation, resolve, reject, rounds: 0 }
      const waiting = this.#waiting.get(at.epoch)
      if (waiting !== undefined) {
        waiting.push(one)
        return
      }
      this.#waiting.set(at.epoch, [one])
      void this.#work(at)
    })
  }

  async #work(at: QueueKey): Promise<void> {
    const waiting = this.#waiting.get(at.epoch) ?? []
    while (waiting.length > 0) {
      const group = takeGroup(waiting)
      try {
        // One that does not end must not hold up those behind it.
        waiting.unshift(...await this.#guarded('claiming', () => this.#serve(at, group)))
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#waiting.delete(at.epoch)
  }

  /** Serves a group, and returns those for whom others were too fast. */
  async #serve(at: QueueKey, group: readonly Waiting[]): Promise<Waiting[]> {
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
  async #give(one: Waiting, own: readonly MessageDocument[], now: number): Promise<boolean> {
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

/** Takes as many of those who wait as one read serves, at least one. */
function takeGroup(waiting: Waiting[]): readonly Waiting[] {
  let messages = 0
  const end = waiting.findIndex(({ operation }) => (messages += operation.limit) > MAX_FOUND)
  return waiting.splice(0, end === -1 ? Infinity : Math.max(1, end))
}
