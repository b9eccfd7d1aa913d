/** The detailed health, of one store and of pools. */
import t from 'tap'
import { openFaulty } from '../../../lib/storage/faulty/faulty.ts'
import { checkPools, checkStore, STEPS } from '../../../lib/service/health.ts'
import { claim, commit, messages, posted, queue } from '../contract/fixture.ts'
import { pool } from '../contract/pools.ts'
import { openPooled } from './fixture.ts'

const GOOD = { succeeded: true, seconds: Number, ref: null }

function all<Report>(report: Report): Record<string, Report> {
  return Object.fromEntries(STEPS.map(step => [step, report]))
}

t.test('a healthy store goes through the whole life of a queue and leaves nothing behind', async t => {
  const stores = await openPooled(t)
  const told: unknown[] = []
  const health = await checkStore(stores.raw, stores.home, null, (...failure) => { told.push(failure) })
  t.match(health, { storage_reachable: true, operation_status: all(GOOD) })
  t.same(Object.keys(health.operation_status), STEPS)
  t.same(told, [])
  while ((await stores.home.settle(100)).more) { /* until all is swept */ }
  t.same(await stores.home.volume?.(), { total: 0, claimed: 0 })
})

t.test('the volume counts what lies in the store and what is claimed', async t => {
  const stores = await openPooled(t, { pools: {}, hasVirtualPool: true })
  const at = await queue(stores)
  await posted(stores, at, messages(7))
  await commit(stores, claim(at, { limit: 3 }))
  const { message_volume: volume } = await checkStore(stores.raw, stores.home, null, () => undefined)
  t.match(volume, { claimed: 3, free: Number, total: Number })
  t.ok(volume !== null && volume.total >= 7 && volume.free === volume.total - 3)
})

t.test('each failed step has a name under which the log tells why', async t => {
  const { control, data } = openFaulty()
  const told = new Map<string, string>()
  const { storage_reachable, operation_status, message_volume } = await checkStore(control, data, null, (ref, step) => { told.set(ref, step) })
  t.same([storage_reachable, message_volume], [false, null])
  for (const step of STEPS) {
    const { succeeded, seconds, ref } = operation_status[step]
    t.same([succeeded, seconds, told.get(ref ?? '')], [false, null, step])
  }
})

t.test('pools are reported one by one, those that are down as well', async t => {
  const stores = await openPooled(t, {
    pools: { a: {}, b: {}, full: { weight: 0, draining: true } },
    drivers: usual => uri => { const driver = usual(uri); return driver === null || !uri.endsWith('/b') ? driver : { ...driver, open: () => Promise.reject(new Error('on purpose')) } },
  })
  const told: unknown[] = []
  const health: Record<string, unknown> = await checkPools(stores.raw, stores.pools, (_ref, step) => { told.push(step) })
  t.same(Object.keys(health).sort(), ['a', 'b', 'catalog_reachable', 'full'])
  t.match(health, {
    catalog_reachable: true,
    a: { storage_reachable: true, operation_status: all(GOOD) },
    full: { storage_reachable: true, operation_status: all(GOOD) },
    b: { storage_reachable: false, operation_status: all({ succeeded: false, seconds: null, ref: String }), message_volume: null },
  })
  t.same(told, ['open'])
  for (const name of ['a', 'full']) t.equal(await stores.raw.countQueuesIn(name as never), 0, 'the scratch queues are gone')
})

t.test('a pool is reported as soon as it is there, by processes that remember the pools without it as well', async t => {
  const stores = await openPooled(t)
  await stores.pools.pools()
  await stores.raw.putPool(pool('late', { uri: `lmdb://${stores.folder}/late` }))
  t.match(await checkPools(stores.raw, stores.pools, () => undefined), { a: { storage_reachable: true }, late: { storage_reachable: true } })
})

t.test('without its control store nothing is known but that', async t => {
  const stores = await openPooled(t)
  t.same(await checkPools(openFaulty().control, stores.pools, () => undefined), { catalog_reachable: false })
})
