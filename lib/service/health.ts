/** How the service is, in detail (api-v2.md 3): a whole life of a queue in each store, and what lies there. */
import { randomBytes, randomUUID } from 'node:crypto'
import { fail } from '../errors.ts'
import { EMPTY_OBJECT, type JsonText } from '../model/json.ts'
import type { NewMessage } from '../model/message.ts'
import { newClaimId, parseClientId, parseProject, parseQueueName, START, type ClientId, type MessageId, type Project, type QueueName } from '../model/names.ts'
import type { Pool, PoolName } from '../model/pool.ts'
import type { ControlStore, DataStore, Operation, Outcome, QueueRecord } from '../storage/contract.ts'
import type { PoolBackends, Volume } from '../storage/directory.ts'
import { allPools } from '../storage/pooling/choice.ts'

/** What became of one step. */
export interface StepReport {
  readonly succeeded: boolean
  /** How long it took; null if it was not done. */
  readonly seconds: number | null
  /** Names the failure in the log. */
  readonly ref: string | null
}

/** The steps, in their order. */
export const STEPS = ['create_queue', 'post_messages', 'claim_messages', 'list_messages', 'delete_messages', 'delete_claim', 'bulk_delete_messages', 'delete_queue'] as const

type Step = (typeof STEPS)[number]

/** How one store is. */
export interface StoreHealth {
  readonly storage_reachable: boolean
  readonly operation_status: Readonly<Record<Step, StepReport>>
  /** Null if the store cannot tell. */
  readonly message_volume: { readonly free: number; readonly claimed: number; readonly total: number } | null
}

/** How the catalogue is, and each pool by its name. */
export type PooledHealth = { readonly catalog_reachable: boolean } & Readonly<Record<PoolName, StoreHealth>>

/** Where the failure of a step is told, under the name that the report gives. */
export type TellFailure = (ref: string, step: string, failure: unknown) => void

const MESSAGES = 100
const CLAIMED = 20
const TTL = 600
const CLAIM_TTL = 60

/** Goes through the life of a queue in a store. It never fails: what went wrong is in the report. */
export async function checkStore(control: ControlStore, data: DataStore, pool: PoolName | null, tell: TellFailure): Promise<StoreHealth> {
  const isReachable = await data.ping().then(() => true, () => false)
  const steps = lifeOf(control, data, pool)
  const reports: [Step, StepReport][] = []
  for (const step of STEPS) reports.push([step, await attempt(step, steps[step], tell)])
  return {
    storage_reachable: isReachable,
    operation_status: Object.fromEntries(reports) as Record<Step, StepReport>,
    message_volume: await volumeOf(data),
  }
}

/** Checks each pool. One that is out of reach is reported as such and keeps no other waiting. */
export async function checkPools(control: ControlStore, pools: PoolBackends, tell: TellFailure): Promise<PooledHealth> {
  let all: readonly Pool[]
  try {
    await control.ping()
    // As they are now: what the other processes remember of pools can be some seconds old.
    all = await allPools(control)
  } catch (failure) {
    tell(randomUUID(), 'catalog', failure)
    return { catalog_reachable: false }
  }
  const entries = await Promise.all(all.map(async ({ name }) => [name, await checkPool(control, pools, name, tell)] as const))
  return { ...Object.fromEntries(entries), catalog_reachable: true }
}

async function checkPool(control: ControlStore, pools: PoolBackends, name: PoolName, tell: TellFailure): Promise<StoreHealth> {
  try {
    return await pools.use(name, data => checkStore(control, data, name, tell))
  } catch (failure) {
    const report = await attempt('open', () => Promise.reject(failure), tell)
    return {
      storage_reachable: false,
      operation_status: Object.fromEntries(STEPS.map(step => [step, report])) as Record<Step, StepReport>,
      message_volume: null,
    }
  }
}

async function attempt(step: string, action: () => Promise<unknown>, tell: TellFailure): Promise<StepReport> {
  const start = performance.now()
  try {
    await action()
    return { succeeded: true, seconds: (performance.now() - start) / 1000, ref: null }
  } catch (failure) {
    const ref = randomUUID()
    tell(ref, step, failure)
    return { succeeded: false, seconds: null, ref }
  }
}

/** A queue that nobody else knows of. */
function scratchPlace(): { readonly project: Project; readonly queue: QueueName; readonly client: ClientId } {
  const project = parseProject(`health-${randomUUID()}`)
  const queue = parseQueueName('health')
  const client = parseClientId(randomUUID())
  if (project === null || queue === null || client === null) throw new Error('a scratch queue has no name')
  return { project, queue, client }
}

/** The steps on one scratch queue. Each does what it can of what the ones before left. */
function lifeOf(control: ControlStore, data: DataStore, pool: PoolName | null): Readonly<Record<Step, () => Promise<unknown>>> {
  const { project, queue, client } = scratchPlace()
  const claim = newClaimId(randomBytes(12))
  const messages = Array.from({ length: MESSAGES }, (_, index): NewMessage => ({ body: String(index) as JsonText, ttl: TTL, delay: 0 }))
  let record: QueueRecord | null = null
  let ids: readonly MessageId[] = []

  function at(): QueueRecord {
    if (record === null) throw fail('StorageUnavailable', { reason: 'the scratch queue was not created' })
    return record
  }

  async function commit(operation: Operation, expected: Outcome['is']): Promise<Outcome> {
    const [outcome] = await data.commit([operation])
    if (outcome?.is !== expected) throw fail('StorageUnavailable', { reason: `${operation.op} in the scratch queue was ${outcome?.is ?? 'not answered'}` })
    return outcome
  }

  return {
    async create_queue() {
      record = (await control.createQueue(project, queue, { metadata: EMPTY_OBJECT, pool, atMost: Infinity }))?.record ?? null
      at()
    },
    async post_messages() {
      const outcome = await commit({ op: 'post', at: at(), client, messages }, 'posted')
      ids = outcome.is === 'posted' ? outcome.ids : []
    },
    claim_messages: () => commit({ op: 'claim', at: at(), id: claim, limit: CLAIMED, ttl: CLAIM_TTL, grace: CLAIM_TTL }, 'claimed'),
    list_messages: () => data.read(at(), { after: START, limit: CLAIMED, notFrom: null, claimed: true, delayed: true }),
    delete_messages: () => commit({ op: 'remove', at: at(), ids: ids.slice(0, 1), check: { kind: 'held_by', claim } }, 'removed'),
    delete_claim: () => commit({ op: 'release', at: at(), claim }, 'released'),
    bulk_delete_messages: () => commit({ op: 'remove', at: at(), ids: ids.slice(1), check: { kind: 'nothing' } }, 'removed'),
    async delete_queue() {
      await commit({ op: 'drop', at: at() }, 'dropped')
      await control.removeQueue(at())
    },
  }
}

async function volumeOf(data: DataStore): Promise<StoreHealth['message_volume']> {
  const volume: Volume | null = await data.volume?.().catch(() => null) ?? null
  return volume === null ? null : { free: volume.total - volume.claimed, claimed: volume.claimed, total: volume.total }
}
