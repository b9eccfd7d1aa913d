/** Rules about pools that hold whatever the API version or the transport. */
import { fail, MarconiError } from '../errors.ts'
import { maskUri, type Pool, type PoolName } from '../model/pool.ts'
import type { ControlStore } from '../storage/contract.ts'
import type { PoolBackends } from '../storage/directory.ts'
import { allPools } from '../storage/pooling/choice.ts'

/** Flavors that are named when they stand in the way. */
const MAX_NAMED = 20

/** What pools are looked after with. */
export interface PoolParts {
  readonly control: ControlStore
  readonly pools: PoolBackends
}

/** What a pool is made of. */
export type PoolSetting = Omit<Pool, 'name' | 'draining'>

/** How strict it is to remove a pool: whether the last one of a flavor stays. */
export type LastOfFlavor = 'stays' | 'goes'

/**
 * Registers a pool, or changes the one of that name as a whole. Refused are an address that does not answer, one that another pool
 * has, and a group whose other pools offer something else. A pool that is being drained stays so.
 */
export async function putPool({ control, pools }: PoolParts, name: PoolName, setting: PoolSetting): Promise<void> {
  const before = await control.pool(name)
  if (before?.uri !== setting.uri) await requireReachable({ control, pools }, name, setting.uri)
  if (setting.group !== null) await requireSameCapabilities({ control, pools }, name, setting.uri, setting.group)
  const stored = await control.putPool({ ...setting, name, draining: before?.draining ?? false })
  if (stored === 'uri_taken') throw fail('PoolUriTaken')
}

/** Changes what is named of a pool, likewise; the pool as it is then. */
export async function changePool(parts: PoolParts, name: PoolName, change: Partial<PoolSetting>): Promise<Pool> {
  const { draining, ...before } = await requirePool(parts, name)
  const after = { ...before, ...change }
  await putPool(parts, name, after)
  return { ...after, draining }
}

/** A pool by its name. */
export async function requirePool({ control }: Pick<PoolParts, 'control'>, name: PoolName): Promise<Pool> {
  const pool = await control.pool(name)
  if (pool === null) throw fail('PoolDoesNotExist', { pool: name })
  return pool
}

/** Removes a pool; there need not be one. One that holds queues stays: what is in them would be out of reach. */
export async function removePool({ control }: Pick<PoolParts, 'control'>, name: PoolName, lastOfFlavor: LastOfFlavor): Promise<void> {
  const pool = await control.pool(name)
  if (pool === null) return
  if (lastOfFlavor === 'stays' && pool.group !== null && await isLastOf(control, pool)) {
    const flavors = await control.flavorsOf(pool.group, MAX_NAMED)
    if (flavors.length > 0) throw fail('PoolUsedByFlavors', { flavors: flavors.map(flavor => flavor.name).join(', ') })
  }
  if (await control.removePool(name) === 'in_use') throw fail('PoolHoldsQueues', { queues: await control.countQueuesIn(name) })
}

async function isLastOf(control: ControlStore, { name, group }: Pool): Promise<boolean> {
  return !(await allPools(control)).some(other => other.group === group && other.name !== name)
}

/** A store that is asked for the first time is one that may belong to another pool, so that is looked at first. */
async function requireReachable({ control, pools }: PoolParts, name: PoolName, uri: string): Promise<void> {
  if ((await allPools(control)).some(other => other.uri === uri && other.name !== name)) throw fail('PoolUriTaken')
  try {
    await pools.probe(uri)
  } catch (error) {
    if (!(error instanceof MarconiError)) throw error
    const { message } = fail('PoolUnreachable', { uri: maskUri(uri) })
    throw new MarconiError('PoolUnreachable', message, { cause: error.cause ?? error })
  }
}

async function requireSameCapabilities({ control, pools }: PoolParts, name: PoolName, uri: string, group: string): Promise<void> {
  const [other] = (await allPools(control)).filter(pool => pool.group === group && pool.name !== name)
  if (other === undefined) return
  const [own, theirs] = [uri, other.uri].map(address => [...pools.capabilities(address)].sort().join())
  if (own !== theirs) throw fail('PoolCapabilitiesDiffer', { group })
}
