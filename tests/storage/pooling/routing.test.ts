/** What is done in which pool: each queue is served by its own, and a pool that is down harms no other. */
import t from 'tap'
import type { PoolName } from '../../../lib/model/pool.ts'
import type { QueueKey } from '../../../lib/storage/contract.ts'
import type { PoolDrivers } from '../../../lib/storage/pooling/drivers.ts'
import { ALICE, claim, commit, counts, listed, messages, name, newQueue, post, posted, PROJECT, range, settleAll, usage } from '../contract/fixture.ts'
import { pool } from '../contract/pools.ts'
import { openPooled, type PooledFixture } from './fixture.ts'

const A = 'a' as PoolName
const B = 'b' as PoolName
const TWO = { pools: { a: {}, b: {} } }

async function queueIn({ raw }: PooledFixture, where: PoolName | null, text = `in-${where ?? 'none'}`): Promise<QueueKey> {
  const created = await raw.createQueue(PROJECT, name(text), newQueue('{}', { pool: where }))
  if (created === null) throw new Error('refused')
  return created.record
}

/** Drivers whose pool of a name is out of reach as long as `isDown` says so. */
function failing(text: string, state: { isDown: boolean }): (usual: PoolDrivers) => PoolDrivers {
  return usual => uri => {
    const driver = usual(uri)
    if (driver === null || !uri.endsWith(`/${text}`)) return driver
    return { ...driver, open: async at => state.isDown ? Promise.reject(new Error('on purpose')) : driver.open(at) }
  }
}

t.test('messages lie in the pool of their queue and nowhere else', async t => {
  const stores = await openPooled(t, TWO)
  for (const [where, count] of [[A, 1], [B, 2], [null, 4]] as const) {
    const at = await queueIn(stores, where)
    await posted(stores, at, messages(count))
    t.same(await listed(stores, at), range(count))
    t.same(await stores.home.usage(PROJECT), where === null ? { messages: 4, bytes: 4 } : { messages: 0, bytes: 0 })
  }
  t.equal((await stores.pools.use(A, store => store.usage(PROJECT))).messages, 1)
  t.equal((await stores.pools.use(B, store => store.usage(PROJECT))).messages, 2)
  t.same(await usage(stores), { messages: 7, bytes: 7 }, 'a project keeps what it keeps in all of them')
})

t.test('a unit of queues in several pools is refused as a whole', async t => {
  const stores = await openPooled(t, TWO)
  const [one, other] = [await queueIn(stores, A), await queueIn(stores, B)]
  await t.rejects(stores.data.commit([post(one, messages(1)), post(other, messages(1))]), { name: 'StorageUnavailable', cause: { message: 'the queues of one unit lie in several pools: a, b' } })
  t.same(await usage(stores), { messages: 0, bytes: 0 })
})

t.test('a claim whose dead-letter queue lies in another pool is refused, and claims nothing', async t => {
  const stores = await openPooled(t, TWO)
  const [at, to] = [await queueIn(stores, A), await queueIn(stores, B)]
  await posted(stores, at, messages(1))
  t.same(await commit(stores, claim(at, { deadLetter: { to, after: 1, ttl: null } })), { is: 'no_dead_letter_queue' })
  t.same(await counts(stores, at), { free: 1, claimed: 0, delayed: 0 })
})

t.test('a pool that is down fails what concerns its queues and nothing else', async t => {
  const state = { isDown: true }
  const stores = await openPooled(t, { ...TWO, drivers: failing('b', state) })
  const [up, down, home] = [await queueIn(stores, A), await queueIn(stores, B), await queueIn(stores, null)]
  await posted(stores, up, messages(3, { ttl: 60 }))
  await posted(stores, home, messages(3, { ttl: 60 }))
  await t.rejects(stores.data.commit([post(down, messages(1))]), { name: 'StorageUnavailable', cause: { message: 'on purpose' } })
  await t.rejects(listed(stores, down), { name: 'StorageUnavailable' })
  await stores.data.ping()
  const limited = { ...post(up, messages(1, { ttl: 60 })), allowance: { messages: 10, bytes: 10 } }
  t.match(await commit(stores, limited), { is: 'posted' }, 'nor does it refuse posts within a quota')
  stores.tick(61)
  await settleAll(stores)
  t.same(stores.told, ['b'], 'sweeping says it once')
  t.same(await stores.home.usage(PROJECT), { messages: 0, bytes: 0 })
  t.same(await stores.pools.use(A, store => store.usage(PROJECT)), { messages: 0, bytes: 0 })
  state.isDown = false
  await posted(stores, down, messages(1))
  t.same(await listed(stores, down), [0], 'it is served when it is back')
})

t.test('the service is reachable as long as one pool is', async t => {
  const state = { isDown: true }
  const stores = await openPooled(t, { pools: { b: {} }, drivers: failing('b', state) })
  await t.rejects(stores.data.ping(), { name: 'StorageUnavailable' })
  state.isDown = false
  await stores.data.ping()
  const none = await openPooled(t, { pools: {} })
  await none.data.ping()
})

t.test('a pool that gets another address is opened there', async t => {
  const stores = await openPooled(t)
  const at = await queueIn(stores, A)
  await posted(stores, at, messages(3))
  await stores.raw.putPool({ ...pool(A), uri: `lmdb://${stores.folder}/elsewhere` })
  stores.tick(6)
  t.same(await listed(stores, at), [], 'the other folder is empty')
  await posted(stores, at, messages(1, {}, 7))
  t.same(await listed(stores, at), [7])
})

t.test('a pool that was just registered is found at once', async t => {
  const stores = await openPooled(t)
  await posted(stores, await queueIn(stores, A), messages(1))
  await stores.raw.putPool(pool(B, { uri: `lmdb://${stores.folder}/b` }))
  await posted(stores, await queueIn(stores, B), messages(1))
  t.equal((await usage(stores)).messages, 2)
})

t.test('an allowance counts what lies in the other pools', async t => {
  const stores = await openPooled(t, TWO)
  const [one, other] = [await queueIn(stores, A), await queueIn(stores, B)]
  const within = (at: QueueKey, count: number) => commit(stores, { op: 'post', at, client: ALICE, messages: messages(count), allowance: { messages: 10, bytes: 100 } })
  t.match(await within(one, 6), { is: 'posted' })
  t.same(await within(other, 5), { is: 'over_quota', quota: 'messages', limit: 10, used: 6 })
  t.match(await within(other, 4), { is: 'posted' })
  stores.tick(6)
  t.same(await within(one, 1), { is: 'over_quota', quota: 'messages', limit: 10, used: 10 })
})

t.test('no folder that another already is becomes a pool, and none by another kind of address', async t => {
  const { pools, folder } = await openPooled(t, { pools: {} })
  await pools.probe(`lmdb://${folder}/new`)
  for (const uri of [`lmdb://${folder}/home`, `lmdb://${folder}/x/../home/`, `lmdb://host${folder}/new`, `lmdb://${folder}/new?x`, 'lmdb:///', 'ftp://h/x', 'constructor://x', 'localhost:27017', '/tmp', 'lmdb:///proc/no']) {
    await t.rejects(pools.probe(uri), { name: 'StorageUnavailable' }, uri)
  }
})
