/** A stage before the control store that finds new queues a pool, and shows those that were moved where they are served. */
import { storageUnavailable } from '../../errors.ts'
import { parseDottedQueueName, type Project } from '../../model/names.ts'
import type { PoolName } from '../../model/pool.ts'
import type { Catalogue } from '../cache.ts'
import type { NewQueue, QueueRecord } from '../contract.ts'
import { allPools, chooseByWeight, groupFor, metadataString, takers } from './choice.ts'

/** How queues are placed. */
export interface Placement {
  /** Put a queue that no pool takes into the message store of the configuration, instead of refusing it. */
  readonly enable_virtual_pool: boolean
}

/**
 * Places new queues that are given no pool: in one of the pools that their flavor, or the lack of one, admits, by weight; with
 * their dead-letter queue if that is among them. Without such a pool it fails as unavailable, or places them in none.
 */
export function pooledControl(control: Catalogue, { enable_virtual_pool: hasVirtualPool }: Placement): Catalogue {
  async function place(project: Project, { metadata }: NewQueue): Promise<PoolName | null> {
    const group = await groupFor(control, project, metadata)
    const pools = takers(await allPools(control), group)
    const beside = await poolOf(project, metadataString(metadata, '_dead_letter_queue'))
    const chosen = pools.find(({ name }) => name === beside) ?? chooseByWeight(pools)
    if (chosen !== null) return chosen.name
    if (hasVirtualPool) return null
    throw storageUnavailable('placing a queue', new Error(`no pool takes new queues ${group === null ? 'without a flavor' : `of group ${group}`}`))
  }

  async function poolOf(project: Project, queue: string | null): Promise<PoolName | null> {
    const name = queue === null ? null : parseDottedQueueName(queue)
    return name === null ? null : (await shown(control.queue(project, name)))?.pool ?? null
  }

  return {
    ...control,
    queue: (project, queue) => shown(control.queue(project, queue)),
    fresh: (project, queue) => shown(control.fresh(project, queue)),
    async listQueues(project, after, limit) {
      return (await control.listQueues(project, after, limit)).map(arrived)
    },
    async createQueue(project, queue, given) {
      // One that stands needs no pool, and there may be none.
      const record = await control.fresh(project, queue)
      if (record !== null) return { created: false, record: arrived(record) }
      const creation = await control.createQueue(project, queue, given.pool === null ? { ...given, pool: await place(project, given) } : given)
      return creation === null ? null : { ...creation, record: arrived(creation.record) }
    },
  }
}

async function shown(record: Promise<QueueRecord | null>): Promise<QueueRecord | null> {
  const found = await record
  return found === null ? null : arrived(found)
}

/** A queue that was copied is served where it was moved to. */
function arrived(record: QueueRecord): QueueRecord {
  return record.moving?.stage === 'copied' ? { ...record, pool: record.moving.to } : record
}
