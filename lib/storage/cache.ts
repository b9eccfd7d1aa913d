/**
 * A stage that remembers queues for some seconds, so that a request costs no look-up. What this process changes it forgets at once.
 * Other processes may see a queue as it was for `REMEMBERED_MS`: a write that goes by an old record is answered `gone` or
 * `elsewhere`, whereupon the record is taken out and looked up anew.
 */
import type { Clock } from '../clock.ts'
import type { Project, QueueName } from '../model/names.ts'
import type { ControlStore, QueueKey, QueueRecord } from './contract.ts'
import { Remembered } from './remembered.ts'

/** How long a queue is remembered, in milliseconds. A queue that is moved is closed only when nobody can remember its old place. */
export const REMEMBERED_MS = 5000
/** How many queues are remembered. */
const AT_MOST = 20_000

/** A control store that can be asked past what it remembers. */
export interface Catalogue extends ControlStore {
  /** Like `queue`, from the store itself. */
  fresh(project: Project, queue: QueueName): Promise<QueueRecord | null>
}

/** A control store that remembers nothing: every look-up is fresh. */
export function uncached(control: ControlStore): Catalogue {
  return { ...control, fresh: control.queue }
}

/** Remembers the queues of a control store. That there is no such queue is never remembered. */
export function cachedControl(control: ControlStore, clock: Clock): Catalogue {
  const remembered = new Remembered<QueueRecord>(clock, REMEMBERED_MS, AT_MOST)
  /** Counts what was forgotten: a look-up that was under way meanwhile may have found what holds no more. */
  let forgotten = 0

  function forget({ project, queue }: Pick<QueueKey, 'project' | 'queue'>): void {
    forgotten++
    remembered.delete(keyOf(project, queue))
  }

  /** Runs a change of a queue. What is known of it is worth nothing from its beginning to its end. */
  async function changing<Result>(at: Pick<QueueKey, 'project' | 'queue'>, change: () => Promise<Result>): Promise<Result> {
    forget(at)
    try {
      return await change()
    } finally {
      forget(at)
    }
  }

  async function fresh(project: Project, queue: QueueName): Promise<QueueRecord | null> {
    const before = forgotten
    const since = clock.now()
    const record = await control.queue(project, queue)
    if (record === null || record.moving !== null) remembered.delete(keyOf(project, queue))
    else if (forgotten === before) remembered.set(keyOf(project, queue), record, since)
    return record
  }

  return {
    ...control,
    fresh,
    async queue(project, queue) {
      return remembered.get(keyOf(project, queue)) ?? fresh(project, queue)
    },
    createQueue: (project, queue, ...given) => changing({ project, queue }, () => control.createQueue(project, queue, ...given)),
    watch: (name, change) => control.watch(name, () => {
      forget(name)
      change()
    }),
    setMetadata: (at, ...given) => changing(at, () => control.setMetadata(at, ...given)),
    removeQueue: at => changing(at, () => control.removeQueue(at)),
    setPlace: (at, ...given) => changing(at, () => control.setPlace(at, ...given)),
  }
}

/** No project id holds a zero byte. */
function keyOf(project: Project, queue: QueueName): string {
  return `${queue}\0${project}`
}
