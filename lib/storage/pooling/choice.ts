/** Which pool a queue is placed in. */
import { randomInt } from 'node:crypto'
import { fail } from '../../errors.ts'
import type { JsonText } from '../../model/json.ts'
import type { Project } from '../../model/names.ts'
import { parseFlavorName, type Pool } from '../../model/pool.ts'
import type { PoolDirectory } from '../directory.ts'

/** Pools a page, when all are read. */
const PAGE = 1000

/** A whole number from 0 to before `below`. */
export type Random = (below: number) => number

/** All pools there are, by name. */
export async function allPools(control: Pick<PoolDirectory, 'listPools'>): Promise<readonly Pool[]> {
  const pools: Pool[] = []
  for (;;) {
    const page = await control.listPools(pools.at(-1)?.name ?? '', PAGE)
    pools.push(...page)
    if (page.length < PAGE) return pools
  }
}

/** The pools of a group that take new queues. */
export function takers(pools: readonly Pool[], group: string | null): readonly Pool[] {
  return pools.filter(pool => pool.group === group && pool.weight > 0 && !pool.draining)
}

/** One of several pools, each as likely as its weight says; null if there is none. */
export function chooseByWeight(pools: readonly Pool[], random: Random = randomInt): Pool | null {
  let left = pools.reduce((sum, { weight }) => sum + weight, 0)
  if (left === 0) return null
  left = random(left)
  for (const pool of pools) {
    if (left < pool.weight) return pool
    left -= pool.weight
  }
  return null
}

/** A member of a queue's metadata that is a string; null if it is none. */
export function metadataString(metadata: JsonText, member: string): string | null {
  const document: unknown = JSON.parse(metadata)
  const value: unknown = typeof document === 'object' && document !== null && member in document ? Reflect.get(document, member) : null
  return typeof value === 'string' ? value : null
}

/** The group of pools that a queue with this metadata belongs in: that of its `_flavor`, or null. Fails if there is no such flavor. */
export async function groupFor(control: Pick<PoolDirectory, 'flavor'>, project: Project, metadata: JsonText): Promise<string | null> {
  const text = metadataString(metadata, '_flavor')
  if (text === null) return null
  const name = parseFlavorName(text)
  const flavor = name === null ? null : await control.flavor(project, name)
  if (flavor === null) throw fail('FlavorUnknown', { flavor: text })
  return flavor.group
}
