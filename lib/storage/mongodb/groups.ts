/**
 * Work on queues that waits for other work on the same queue, and then goes with what came meanwhile: this process does one thing at a
 * time at a queue, for as many as it can at once.
 */
import type { Epoch } from '../../model/names.ts'
import type { Outcome, QueueKey } from '../contract.ts'
import type { Guard } from './guard.ts'

/** Somebody who waits for an outcome. */
export interface Waiting {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** What is done for those who wait. */
export interface Work<One> {
  /** In the log of a failure. */
  readonly name: string
  /** How many of those who wait, the first ones, can be served at once. */
  readonly fitting: (waiting: readonly One[]) => number
  /** Serves a group; returns those who have to wait on, before all others. */
  readonly serve: (at: QueueKey, group: readonly One[]) => Promise<readonly One[]>
}

/** Those who wait, by queue. */
export class Groups<One extends Waiting> {
  readonly #work: Work<One>
  readonly #guarded: Guard
  readonly #waiting = new Map<Epoch, One[]>()

  constructor(guarded: Guard, work: Work<One>) {
    this.#guarded = guarded
    this.#work = work
  }

  /** Resolves when what `one` stands for is done. */
  add(at: QueueKey, one: (waiting: Waiting) => One): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(at.epoch)
      if (waiting !== undefined) {
        waiting.push(one({ resolve, reject }))
        return
      }
      this.#waiting.set(at.epoch, [one({ resolve, reject })])
      void this.#run(at)
    })
  }

  /** Works until nobody waits for this queue. */
  async #run(at: QueueKey): Promise<void> {
    const waiting = this.#waiting.get(at.epoch) ?? []
    while (waiting.length > 0) {
      const group = waiting.splice(0, Math.max(1, this.#work.fitting(waiting)))
      try {
        // What does not end must not hold up those behind it.
        waiting.unshift(...await this.#guarded(this.#work.name, () => this.#work.serve(at, group)))
      } catch (error) {
        // Those that were answered already do not hear of it.
        for (const { reject } of group) reject(error)
      }
    }
    this.#waiting.delete(at.epoch)
  }
}
