/** Rules about pools and flavors, on a store. */
import t from 'tap'
import { EMPTY_OBJECT } from '../../../lib/model/json.ts'
import type { FlavorName, PoolName } from '../../../lib/model/pool.ts'
import { changeFlavor, putFlavor, removeFlavor, reportFlavors } from '../../../lib/service/flavors.ts'
import { changePool, putPool, removePool } from '../../../lib/service/pools.ts'
import type { PoolDriver } from '../../../lib/storage/pooling/drivers.ts'
import { OTHER_PROJECT, PROJECT } from '../contract/fixture.ts'
import { openPooled, type PooledFixture } from './fixture.ts'

const GOLD = 'gold' as FlavorName
const [A, B, C] = ['a', 'b', 'c'] as PoolName[] as [PoolName, PoolName, PoolName]
const THREE = { pools: { a: {}, b: {}, c: {} } }

async function groups({ raw }: PooledFixture): Promise<(string | null)[]> {
  return (await raw.listPools('', 10)).map(({ group }) => group)
}

t.test('a flavor of a list of pools makes them its group, and frees those that were in it', async t => {
  const stores = await openPooled(t, THREE)
  await putFlavor(stores, PROJECT, GOLD, { kind: 'pools', pools: ['a', 'b'] }, EMPTY_OBJECT)
  t.same(await groups(stores), ['gold', 'gold', null])
  await changeFlavor(stores, PROJECT, GOLD, { kind: 'pools', pools: ['b', 'c'] }, null)
  t.same(await groups(stores), [null, 'gold', 'gold'])
  await removeFlavor(stores, PROJECT, GOLD, 'free')
  t.same(await groups(stores), [null, null, null])
  t.equal(await stores.raw.flavor(PROJECT, GOLD), null)
})

t.test('a list with a pool that is not there changes nothing', async t => {
  const stores = await openPooled(t, THREE)
  await t.rejects(putFlavor(stores, PROJECT, GOLD, { kind: 'pools', pools: ['a', 'mypool'] }, EMPTY_OBJECT), { name: 'FlavorPoolUnknown', message: 'Flavor gold could not be created, error:Pool mypool does not exist' })
  t.same(await groups(stores), [null, null, null])
})

t.test('a flavor of a group needs a pool in it, and leaves the pools as they are', async t => {
  const stores = await openPooled(t, { pools: { a: { group: 'fast' }, b: { group: 'fast' } } })
  await t.rejects(putFlavor(stores, PROJECT, GOLD, { kind: 'group', group: 'slow' }, EMPTY_OBJECT), { name: 'FlavorGroupEmpty' })
  await putFlavor(stores, PROJECT, GOLD, { kind: 'group', group: 'fast' }, EMPTY_OBJECT)
  const flavor = await changeFlavor(stores, PROJECT, GOLD, null, EMPTY_OBJECT)
  t.same(await reportFlavors(stores, [flavor]), [{ flavor, pools: ['a', 'b'], capabilities: ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT'] }])
  await removeFlavor(stores, PROJECT, GOLD, 'keep')
  t.same(await groups(stores), ['fast', 'fast'])
  await t.rejects(changeFlavor(stores, PROJECT, GOLD, null, null), { name: 'FlavorDoesNotExist' })
})

t.test('pools keep their group as long as another flavor stands for it', async t => {
  const stores = await openPooled(t, { pools: { a: { group: 'gold' } } })
  for (const project of [PROJECT, OTHER_PROJECT]) await putFlavor(stores, project, GOLD, { kind: 'group', group: 'gold' }, EMPTY_OBJECT)
  await removeFlavor(stores, PROJECT, GOLD, 'free')
  t.same(await groups(stores), ['gold'])
  await removeFlavor(stores, OTHER_PROJECT, GOLD, 'free')
  t.same(await groups(stores), [null])
})

t.test('the last pool of a flavor stays where it must', async t => {
  const stores = await openPooled(t, { pools: { a: { group: 'fast' }, b: { group: 'fast' } } })
  await putFlavor(stores, PROJECT, GOLD, { kind: 'group', group: 'fast' }, EMPTY_OBJECT)
  await putFlavor(stores, OTHER_PROJECT, 'tin' as FlavorName, { kind: 'group', group: 'fast' }, EMPTY_OBJECT)
  await removePool(stores, A, 'stays')
  await t.rejects(removePool(stores, B, 'stays'), { name: 'PoolUsedByFlavors', message: 'This pool is used by flavors gold, tin; It cannot be deleted.' })
  await removePool(stores, B, 'goes')
  t.same(await groups(stores), [])
})

t.test('pools of one group offer the same', async t => {
  const weak = (driver: PoolDriver | null) => driver === null ? null : { ...driver, capabilities: driver.capabilities.slice(1) }
  const stores = await openPooled(t, { pools: { a: { group: 'fast' }, weak: {} }, drivers: usual => uri => uri.endsWith('weak') ? weak(usual(uri)) : usual(uri) })
  const setting = { uri: `lmdb://${stores.folder}/another-weak`, weight: 1, group: 'fast', options: EMPTY_OBJECT }
  await t.rejects(putPool(stores, C, setting), { name: 'PoolCapabilitiesDiffer' })
  await t.rejects(changePool(stores, 'weak' as PoolName, { group: 'fast' }), { name: 'PoolCapabilitiesDiffer' })
  await t.rejects(putFlavor(stores, PROJECT, GOLD, { kind: 'pools', pools: ['a', 'weak'] }, EMPTY_OBJECT), { name: 'PoolCapabilitiesDiffer' })
  await putPool(stores, C, { ...setting, group: 'weaker' })
  t.same(await groups(stores), ['fast', 'weaker', null])
})

t.test('a pool that is being drained is still drained after it was changed', async t => {
  const stores = await openPooled(t, { pools: { a: { draining: true } } })
  t.match(await changePool(stores, A, { weight: 7 }), { weight: 7, draining: true })
  t.match(await stores.raw.pool(A), { weight: 7, draining: true })
})
