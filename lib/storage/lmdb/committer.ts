/**
 * Group commit. Operations that arrive while a transaction is on its way to the disk wait for the next one, which carries out
 * all of them, in order, and syncs once. Within it a queue is opened once, whatever the number of operations on it.
 */
import type { Clock } from '../../clock.ts'
import type { Operation, Outcome, QueueKey } from '../contract.ts'
import { isRefusal } from '../refusals.ts'
import type { Environment } from './environment.ts'
import type { News } from './news.ts'
import { apply, weightOf } from './operations/apply.ts'
import { Queue } from './queue.ts'
import { Ledger } from './usage.ts'

/** Messages that a transaction takes on before it leaves the rest to the next: it runs on the main thread. */
const MAX_WEIGHT = 500

interface Waiting {
  readonly operation: Operation
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** What a transaction did. */
interface Applied {
  readonly outcomes: readonly Outcome[]
  readonly news: readonly News[]
}

/** Carries out operations in groups. */
export class Committer {
  readonly #env: Environment
  readonly #clock: Clock
  readonly #generation: number
  #waiting: Waiting[] = []

  /** `generation` counts the unclean starts of the store, see tenure.ts. */
  constructor(env: Environment, clock: Clock, generation: number) {
    this.#env = env
    this.#clock = clock
    this.#generation = generation
  }

  /** Resolves when the operation is on disk. */
  one(operation: Operation): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject })
      if (this.#waiting.length === 1) void this.#next()
    })
  }

  /** Carries out several operations in one transaction of their own; none if one of them is refused. */
  async all(unit: readonly Operation[]): Promise<readonly Outcome[]> {
    const { outcomes, news } = await this.#env.writeOrUndo('unit', () => this.#apply(unit), applied => applied.outcomes.some(isRefusal))
    if (!outcomes.some(isRefusal)) this.#env.newsroom.publish(news)
    return outcomes
  }

  async #next(): Promise<void> {
    let group: readonly Waiting[] = []
    let applied: Applied | null = null
    try {
      const { outcomes, news } = await this.#env.writeOrUndo('commit', () => {
        group = this.#take()
        applied = this.#apply(group.map(({ operation }) => operation))
        return applied
      }, () => false)
      this.#env.newsroom.publish(news)
      group.forEach(({ resolve }, index) => {
        const outcome = outcomes[index]
        if (outcome !== undefined) resolve(outcome)
      })
    } catch (error) {
      // Before the transaction began nobody was taken from those who wait.
      if (group.length === 0) group = this.#take()
      // What was applied may have reached the disk, whatever failed then: done again it could be there twice.
      if (applied !== null || group.length === 1) this.#fail(group, applied, error)
      else for (const one of group) await this.#alone(one)
    }
  }

  /** What was applied may be there, so it is told. */
  #fail(group: readonly Waiting[], applied: Applied | null, error: unknown): void {
    if (applied !== null) this.#env.newsroom.publish(applied.news)
    for (const { reject } of group) reject(error)
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

  #apply(operations: readonly Operation[]): Applied {
    const queues = new Map<number, Queue>()
    const ledger = new Ledger(this.#env)
    const open = (at: QueueKey) => {
      const queue = queues.get(at.epoch) ?? new Queue(this.#env, at, ledger)
      queues.set(at.epoch, queue)
      return queue
    }
    const moment = { now: this.#clock.now(), generation: this.#generation, open }
    const outcomes = operations.map(operation => apply(open(operation.at), operation, moment))
    for (const queue of queues.values()) queue.flush()
    ledger.flush()
    return { outcomes, news: [...queues.values()].flatMap(queue => queue.news() ?? []) }
  }
}
