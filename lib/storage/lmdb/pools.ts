/** The pools and flavors of the LMDB control store. Their rows are JSON, with what came as text kept as text. */
import type { Project } from '../../model/names.ts'
import type { Flavor, FlavorName, Pool, PoolName } from '../../model/pool.ts'
import type { PoolDirectory } from '../directory.ts'
import type { Environment } from './environment.ts'
import { AFTER_ALL_POOLS, endUnder, groupKey, nameKey, nameKeyEnd, poolKey, startUnder } from './keys.ts'
import { placedIn } from './places.ts'

const EMPTY = Buffer.alloc(0)

/** The part of the control store that is not about queues. */
export type Shelf = Omit<PoolDirectory, 'queuesIn' | 'countQueuesIn' | 'setPlace'>

/** Pools and flavors of an open environment. */
export function lmdbPools(env: Environment): Shelf {
  return { ...poolRows(env), ...flavorRows(env) }
}

function poolRows(env: Environment): Pick<Shelf, 'pool' | 'putPool' | 'removePool' | 'listPools'> {
  /** All of them: there are few, and only administrators ask. */
  function isTaken(uri: string, by: PoolName): boolean {
    return rowsAfter('', Infinity).some(pool => pool.uri === uri && pool.name !== by)
  }

  function rowsAfter(after: string, limit: number): Pool[] {
    // One more, because the marker itself may be there and does not count.
    return env.pools.rows(poolKey(after), AFTER_ALL_POOLS, limit + 1)
      .map(({ value }) => readPool(value))
      .filter(({ name }) => name !== after)
      .slice(0, limit)
  }

  return {
    pool: name => env.read('reading a pool', () => {
      const row = env.pools.get(poolKey(name))
      return row === null ? null : readPool(row)
    }),
    putPool: pool => env.write('storing a pool', () => {
      if (isTaken(pool.uri, pool.name)) return 'uri_taken'
      env.pools.put(poolKey(pool.name), Buffer.from(JSON.stringify(pool)))
      return 'stored'
    }),
    removePool: name => env.write('removing a pool', () => {
      const { here, coming } = placedIn(env, name)
      if (here + coming > 0) return 'in_use'
      env.pools.remove(poolKey(name))
      return 'removed'
    }),
    listPools: (after, limit) => env.read('listing pools', () => rowsAfter(after, limit)),
  }
}

function flavorRows(env: Environment): Pick<Shelf, 'flavor' | 'putFlavor' | 'removeFlavor' | 'listFlavors' | 'flavorsOf'> {
  function find(project: Project, name: FlavorName): Flavor | null {
    const row = env.flavors.get(nameKey(project, name))
    return row === null ? null : readFlavor(row)
  }

  function forget(project: Project, name: FlavorName): void {
    const before = find(project, name)
    if (before === null) return
    env.groups.remove(groupKey(before.group, project, name))
    env.flavors.remove(nameKey(project, name))
  }

  return {
    flavor: (project, name) => env.read('reading a flavor', () => find(project, name)),
    putFlavor: flavor => env.write('storing a flavor', () => {
      const { project, name, group } = flavor
      forget(project, name)
      env.groups.put(groupKey(group, project, name), EMPTY)
      env.flavors.put(nameKey(project, name), Buffer.from(JSON.stringify(flavor)))
    }),
    removeFlavor: (project, name) => env.write('removing a flavor', () => { forget(project, name) }),
    listFlavors: (project, after, limit) => env.read('listing flavors', () =>
      env.flavors.rows(nameKey(project, after), nameKeyEnd(project), limit + 1)
        .map(({ value }) => readFlavor(value))
        .filter(({ name }) => name !== after)
        .slice(0, limit)),
    flavorsOf: (group, limit) => env.read('listing the flavors of a group', () =>
      env.groups.keys(startUnder(group), endUnder(group), limit).flatMap(key => {
        const [, project = '', name = ''] = key.toString().split('\0')
        return find(project as Project, name as FlavorName) ?? []
      })),
  }
}

function readPool(row: Buffer): Pool {
  const pool: Pool = JSON.parse(row.toString())
  return pool
}

function readFlavor(row: Buffer): Flavor {
  const flavor: Flavor = JSON.parse(row.toString())
  return flavor
}
