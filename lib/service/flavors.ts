/** Rules about flavors that hold whatever the API version or the transport. */
import { fail } from '../errors.ts'
import type { JsonText } from '../model/json.ts'
import type { Project } from '../model/names.ts'
import type { Flavor, FlavorName, Pool, PoolName } from '../model/pool.ts'
import type { Capability } from '../storage/directory.ts'
import { allPools } from '../storage/pooling/choice.ts'
import type { PoolParts } from './pools.ts'

/**
 * How a flavor says which pools it stands for: by the name of a group that exists, or by a list of pools, which then become the group
 * that has the name of the flavor.
 */
export type FlavorChoice = { readonly kind: 'group'; readonly group: string } | { readonly kind: 'pools'; readonly pools: readonly string[] }

/** What becomes of the pools of a flavor that is removed, when no other stands for their group: they keep it, or are free. */
export type PoolsAfter = 'keep' | 'free'

/** A flavor with what follows from its pools. */
export interface FlavorReport {
  readonly flavor: Flavor
  /** Names of its pools. */
  readonly pools: readonly PoolName[]
  /** What all of its pools offer. */
  readonly capabilities: readonly Capability[]
}

/** Stores a flavor, over one of that name. */
export async function putFlavor(parts: PoolParts, project: Project, name: FlavorName, choice: FlavorChoice, capabilities: JsonText): Promise<void> {
  const pools = await allPools(parts.control)
  const group = choice.kind === 'group' ? choice.group : name
  if (choice.kind === 'pools') await regroup(parts, name, pools, choice.pools)
  else if (!pools.some(pool => pool.group === group)) throw fail('FlavorGroupEmpty', { flavor: name, group })
  await parts.control.putFlavor({ project, name, group, capabilities })
}

/** Changes what is named of a flavor; as it is then. */
export async function changeFlavor(parts: PoolParts, project: Project, name: FlavorName, choice: FlavorChoice | null, capabilities: JsonText | null): Promise<Flavor> {
  const before = await requireFlavor(parts, project, name)
  await putFlavor(parts, project, name, choice ?? { kind: 'group', group: before.group }, capabilities ?? before.capabilities)
  return requireFlavor(parts, project, name)
}

/** A flavor by its name. */
export async function requireFlavor({ control }: Pick<PoolParts, 'control'>, project: Project, name: FlavorName): Promise<Flavor> {
  const flavor = await control.flavor(project, name)
  if (flavor === null) throw fail('FlavorDoesNotExist', { flavor: name })
  return flavor
}

/** Removes a flavor; there need not be one. Queues stay where they are. */
export async function removeFlavor({ control }: Pick<PoolParts, 'control'>, project: Project, name: FlavorName, after: PoolsAfter): Promise<void> {
  const flavor = await control.flavor(project, name)
  if (flavor === null) return
  await control.removeFlavor(project, name)
  if (after === 'keep' || (await control.flavorsOf(flavor.group, 1)).length > 0) return
  for (const pool of await allPools(control)) if (pool.group === flavor.group) await control.putPool({ ...pool, group: null })
}

/** Which pools flavors stand for, and what these offer. */
export async function reportFlavors({ control, pools: backends }: PoolParts, flavors: readonly Flavor[]): Promise<readonly FlavorReport[]> {
  const all = await allPools(control)
  return flavors.map(flavor => {
    const pools = all.filter(pool => pool.group === flavor.group)
    const [first, ...others] = pools.map(pool => backends.capabilities(pool.uri))
    const capabilities = (first ?? []).filter(each => others.every(other => other.includes(each)))
    return { flavor, pools: pools.map(pool => pool.name), capabilities }
  })
}

/** Makes these pools, and no others, the group that has the name of the flavor. */
async function regroup({ control, pools: backends }: PoolParts, group: FlavorName, pools: readonly Pool[], wanted: readonly string[]): Promise<void> {
  const chosen = wanted.map(text => {
    const pool = pools.find(({ name }) => name === text)
    if (pool === undefined) throw fail('FlavorPoolUnknown', { flavor: group, pool: text })
    return pool
  })
  const offers = new Set(chosen.map(({ uri }) => [...backends.capabilities(uri)].sort().join()))
  if (offers.size > 1) throw fail('PoolCapabilitiesDiffer', { group })
  for (const pool of pools) {
    const isChosen = chosen.includes(pool)
    if (isChosen && pool.group !== group) await control.putPool({ ...pool, group })
    if (!isChosen && pool.group === group) await control.putPool({ ...pool, group: null })
  }
}
