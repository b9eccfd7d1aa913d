/** A queue that is played by hand, and those who wait for it: waiting without a store. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Project, QueueName } from '../../lib/model/names.ts'
import { quotaOf } from '../../lib/quota/quota.ts'
import { OpenWaits } from '../../lib/quota/waits.ts'
import { Waiters, type WaitRequest } from '../../lib/service/waiters.ts'
import type { QueueRecord, Stores, Wake } from '../../lib/storage/contract.ts'
import { openFaulty } from '../../lib/storage/faulty/faulty.ts'

/** Where it stands. */
export const PLACE = { project: 'p1' as Project, queue: 'jobs' as QueueName }
const NO_LIMITS = { queues: 0, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: 0 }
/** Longer than any test waits, in milliseconds. */
export const LONG = 20_000

/** A queue of numbers, and those who wait for it. */
export class Played {
  readonly waiters: Waiters
  /** Who tried to take, in order. */
  readonly tries: string[] = []
  free: number[] = []
  watches = 0
  record: QueueRecord | null = { ...PLACE, epoch: 1, pool: null, metadata: '{}', moving: null } as unknown as QueueRecord
  /** What a try waits for, once it has begun. */
  gate: Promise<unknown> = Promise.resolve()
  #wake: Wake = () => undefined
  #change = () => { /* nobody watches */ }

  constructor({ waits = 0, inAll = 100 } = {}) {
    const faulty = openFaulty()
    const stores: Stores = {
      control: { ...faulty.control, queue: () => Promise.resolve(this.record), watch: (_name, change) => {
        this.#change = change
        return () => { this.#change = () => undefined }
      } },
      data: { ...faulty.data, watch: (_at, wake) => {
        this.watches++
        this.#wake = wake
        return () => {
          this.watches--
          this.#wake = () => undefined
        }
      } },
    }
    this.waiters = new Waiters(stores, { of: () => quotaOf({ ...NO_LIMITS, waits }) }, new OpenWaits().share(), { max_waits: inAll })
  }

  /** Posts numbers, and tells of it. */
  post(...numbers: number[]): void {
    this.free.push(...numbers)
    this.#wake(numbers.length)
  }

  /** The queue under the name becomes another. */
  change(): void {
    this.#change()
  }

  /** Somebody who waits for up to `takes` numbers. */
  take(who: string, { takes = 1, forMs = LONG, gone = new AbortController().signal }: Partial<WaitRequest<unknown>> = {}): Promise<number[] | null> {
    return this.waiters.wait({
      place: PLACE, takes, forMs, gone,
      attempt: async () => {
        this.tries.push(who)
        await this.gate
        const taken = this.free.splice(0, takes ?? 0)
        return taken.length === 0 ? null : taken
      },
      undo: taken => Promise.resolve(this.post(...taken)),
    })
  }

  /** Somebody who waits to see more than `after` numbers. */
  look(after: number, forMs = LONG): Promise<number | null> {
    return this.waiters.wait({
      place: PLACE, takes: null, forMs, gone: new AbortController().signal,
      attempt: () => Promise.resolve(this.free.length > after ? this.free.length : null),
    })
  }

  /** Until all that can be tried has been. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await nextTurn()
  }
}
