/**
 * Group commit. Operations that arrive while a transaction is on its way to the disk wait for the next one, which carries out
 * all of them, in order, and syncs once. Within it a queue is opened once, whatever the number of operations on it.
 */
import type { Clock } from '../../clock.ts'
import type { Operation, Outcome } from '../contract.ts'
import type { Environment } from './environment.ts'
import { claim } from './operations/claim.ts'
import type { Moment } from './operations/moment.ts'
import { post } from './operations/post.ts'
import { release } from './operations/release.ts'
import { remove } from './operations/remove.ts'
import { renew } from './operations/renew.ts'
import { Queue } from './queue.ts'
import { currentGeneration } from './tenure.ts'
import { Ledger } from './usage.ts'

/** Messages that a transaction takes on before it leaves the rest to the next: it runs on the main thread. */
const MAX_WEIGHT = 500

interface Waiting {
  readonly operation: Operation
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** Carries out operations in groups. */
export class Committer {
  readonly #env: Environment
  readonly #clock: Clock
  readonly #generation: number
  #waiting: Waiting[] = []

  constructor(env: Environment, clock: Clock) {
    this.#env = env
    this.#clock = clock
    this.#generation = currentGeneration(env)
  }

  /** Resolves when the operation is on disk. */
  one(operation: Operation): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject })
      if (this.#waiting.length === 1) void this.#next()
    })
  }

  /** Carries out several operations in one transaction of their own; none if one of them is refused. */
  all(unit: readonly Operation[]): Promise<readonly Outcome[]> {
    return this.#env.writeOrUndo('unit', () => this.#apply(unit), outcomes => outcomes.some(isRefusal))
  }

  async #next(): Promise<void> {
    let group: readonly Waiting[] = []
    let isApplied = false
    try {
      const outcomes = await this.#env.writeOrUndo('commit', () => {
        group = this.#take()
        const results = this.#apply(group.map(({ operation }) => operation))
        isApplied = true
        return results
      }, () => false)
      group.forEach(({ resolve }, index) => {
        const outcome = outcomes[index]
        if (outcome !== undefined) resolve(outcome)
      })
    } catch (error) {
      // Before the transaction began nobody was taken from those who wait.
      if (group.length === 0) group = this.#take()
      // What was applied may have reached the disk, whatever failed then: done again it could be there twice.
      if (isApplied || group.length === 1) for (const { reject } of group) reject(error)
      else for (const one of group) await this.#alone(one)
    }
  }

  /** Carries out an operation of a group that could not be applied: only the one to blame shall fail. */
  async #alone({ operation, resolve, reject }: Waiting): Promise<void> {
    try {
      const [outcome] = await this.all([operation])
      if (outcome !== undefined) resolve(outcome)
    } catch (error) {
      reject(error)
    }
  }

  /** Takes those who wait, up to the weight of a transaction, and starts another for the rest. */
  #take(): readonly Waiting[] {
    let weight = 0
    const end = this.#waiting.findIndex(({ operation }) => (weight += weightOf(operation)) > MAX_WEIGHT)
    const group = this.#waiting.splice(0, end === -1 ? Infinity : Math.max(1, end))
    if (this.#waiting.length > 0) void this.#next()
    return group
  }

  #apply(operations: readonly Operation[]): Outcome[] {
    const queues = new Map<number, Queue>()
    const ledger = new Ledger(this.#env)
    const moment: Moment = { now: this.#clock.now(), generation: this.#generation }
    const outcomes = operations.map(operation => {
      const queue = queues.get(operation.at.epoch) ?? new Queue(this.#env, operation.at, ledger)
      queues.set(operation.at.epoch, queue)
      return apply(queue, operation, moment)
    })
    for (const queue of queues.values()) queue.flush()
    ledger.flush()
    return outcomes
  }
}

function weightOf(operation: Operation): number {
  switch (operation.op) {
    case 'post':
      return operation.messages.length
    case 'remove':
      return operation.ids.length
    case 'claim':
      return operation.limit
    default:
      return 10
  }
}

function isRefusal({ is }: Outcome): boolean {
  return is === 'gone' || is === 'no_claim' || is === 'over_quota'
}

/** Each operation checks all before it changes anything, so one that is refused leaves no trace in its queue. */
function apply(queue: Queue, operation: Operation, at: Moment): Outcome {
  if (operation.op !== 'drop' && queue.dropped > 0) return { is: 'gone' }
  switch (operation.op) {
    case 'post':
      return post(queue, operation, at)
    case 'remove':
      return remove(queue, operation, at)
    case 'claim':
      return claim(queue, operation, at)
    case 'renew':
      return renew(queue, operation, at)
    case 'release':
      return release(queue, operation, at)
    case 'drop':
      queue.drop(at.now)
      return { is: 'dropped' }
  }
}
