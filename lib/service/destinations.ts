/** Where the queues of a pool that is drained shall go. */
import { MarconiError } from '../errors.ts'
import { parseQueueName } from '../model/names.ts'
import type { Pool, PoolName } from '../model/pool.ts'
import type { ControlStore, QueueRecord } from '../storage/contract.ts'
import { allPools, chooseByWeight, groupFor, metadataString, takers } from '../storage/pooling/choice.ts'

/** Chooses among the pools that take queues, as new queues are placed: by flavor and weight. */
export class Destinations {
  readonly #control: ControlStore
  readonly #source: Pool
  readonly #pools: readonly Pool[]

  private constructor(control: ControlStore, source: Pool, pools: readonly Pool[]) {
    this.#control = control
    this.#source = source
    this.#pools = pools
  }

  /** Looks up the pools as they are now. */
  static async from(control: ControlStore, source: Pool): Promise<Destinations> {
    return new Destinations(control, source, (await allPools(control)).filter(({ name }) => name !== source.name))
  }

  /** Whether a pool that was chosen earlier will do still. */
  willDo(name: PoolName): boolean {
    return this.#pools.some(pool => pool.name === name && !pool.draining)
  }

  /**
   * The pool that a queue shall go to: that of its dead-letter queue if that can be, since messages move within one pool only. Null if
   * no other pool takes it. `but` are pools that have refused it.
   */
  async of(record: QueueRecord, but: ReadonlySet<PoolName> = new Set()): Promise<PoolName | null> {
    const fit = (await this.#fit(record)).filter(({ name }) => !but.has(name))
    const partner = await this.partner(record)
    const beside = partner?.moving?.to ?? partner?.pool
    return (fit.find(({ name }) => name === beside) ?? chooseByWeight(fit))?.name ?? null
  }

  /** Whether a queue may go to a pool. */
  async isFit(record: QueueRecord, pool: PoolName): Promise<boolean> {
    return (await this.#fit(record)).some(({ name }) => name === pool)
  }

  /** The dead-letter queue of a queue, if there is one. */
  async partner({ project, metadata }: QueueRecord): Promise<QueueRecord | null> {
    const text = metadataString(metadata, '_dead_letter_queue')
    const name = text === null ? null : parseQueueName(text)
    return name === null ? null : this.#control.queue(project, name)
  }

  async #fit({ project, metadata }: QueueRecord): Promise<readonly Pool[]> {
    try {
      return takers(this.#pools, await groupFor(this.#control, project, metadata))
    } catch (error) {
      if (!(error instanceof MarconiError) || error.name !== 'FlavorUnknown') throw error
      // Its flavor is no more: it stays among pools like the one it lies in.
      return takers(this.#pools, this.#source.group)
    }
  }
}
