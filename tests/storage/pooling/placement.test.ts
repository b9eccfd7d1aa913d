/** Which pool a new queue is placed in. */
import t from 'tap'
import type { JsonText } from '../../../lib/model/json.ts'
import type { FlavorName, PoolName } from '../../../lib/model/pool.ts'
import { chooseByWeight } from '../../../lib/storage/pooling/choice.ts'
import { name, newQueue, PROJECT } from '../contract/fixture.ts'
import { pool } from '../contract/pools.ts'
import { openPooled, type PooledFixture } from './fixture.ts'

/** Creates a queue; the pool it came to lie in. */
async function placed({ control }: PooledFixture, text: string, metadata = '{}'): Promise<PoolName | null | undefined> {
  return (await control.createQueue(PROJECT, name(text), newQueue(metadata)))?.record.pool
}

async function withFlavor(stores: PooledFixture, text: string, group: string): Promise<void> {
  await stores.raw.putFlavor({ project: PROJECT, name: text as FlavorName, group, capabilities: '{}' as JsonText })
}

t.test('the higher its weight, the likelier a pool is chosen, and never with weight 0', t => {
  const pools = [pool('a', { weight: 1 }), pool('none', { weight: 0 }), pool('b', { weight: 3 }), pool('c', { weight: 4_294_967_295 })]
  const chosen = (at: number) => chooseByWeight(pools, below => {
    t.equal(below, 4_294_967_299)
    return at
  })?.name
  t.same([0, 1, 2, 3, 4, 4_294_967_298].map(chosen), ['a', 'b', 'b', 'b', 'c', 'c'])
  t.equal(chooseByWeight([pool('none', { weight: 0 })]), null)
  t.equal(chooseByWeight([]), null)
  t.end()
})

t.test('queues are spread over the pools that take them', async t => {
  const stores = await openPooled(t, { pools: { a: { weight: 1 }, b: { weight: 3 }, full: { weight: 0 }, leaving: { draining: true }, other: { group: 'fast' } } })
  const counts = new Map<unknown, number>()
  for (let index = 0; index < 400; index++) {
    const where = await placed(stores, `q${index}`)
    counts.set(where, (counts.get(where) ?? 0) + 1)
  }
  t.same([...counts.keys()].sort(), ['a', 'b'])
  const share = counts.get('a') ?? 0
  // 100 are expected, with a deviation of 9.
  t.ok(share > 40 && share < 160, `${share} of 400 went to the pool of a quarter of the weight`)
})

t.test('a flavor places a queue in the pools of its group', async t => {
  const stores = await openPooled(t, { pools: { a: {}, b: { group: 'fast' }, c: { group: 'slow', weight: 0 } } })
  await withFlavor(stores, 'gold', 'fast')
  await withFlavor(stores, 'tin', 'slow')
  t.equal(await placed(stores, 'q1', '{"_flavor":"gold"}'), 'b')
  t.equal(await placed(stores, 'q2', '{"\\u005fflavor":"gold"}'), 'b')
  t.equal(await placed(stores, 'q3', '{"_flavor":7,"x":"_flavor"}'), 'a', 'what is no name is no flavor')
  await t.rejects(placed(stores, 'q4', '{"_flavor":"tin"}'), { name: 'StorageUnavailable' }, 'its only pool takes no queues')
  await t.rejects(placed(stores, 'q5', '{"_flavor":"lead"}'), { name: 'FlavorUnknown', message: 'Flavor lead does not exist' })
  t.equal(await stores.control.countQueues(PROJECT), 3)
})

t.test('a queue that no pool takes is refused, or put into the message store of the configuration', async t => {
  const without = await openPooled(t, { pools: {} })
  await t.rejects(placed(without, 'q'), { name: 'StorageUnavailable' })
  const virtual = await openPooled(t, { pools: { full: { weight: 0 } }, hasVirtualPool: true })
  t.equal(await placed(virtual, 'q'), null)
})

t.test('a queue that stands is found, whether or not a pool would take it', async t => {
  const stores = await openPooled(t)
  await placed(stores, 'q')
  await stores.raw.putPool({ ...pool('a'), uri: `lmdb://${stores.folder}/a`, weight: 0 })
  t.match(await stores.control.createQueue(PROJECT, name('q'), newQueue()), { created: false, record: { pool: 'a' } })
  await t.rejects(placed(stores, 'q2'), { name: 'StorageUnavailable' })
})

t.test('a queue is placed with its dead-letter queue', async t => {
  const pools = Object.fromEntries('abcdefgh'.split('').map(text => [text, {}]))
  const stores = await openPooled(t, { pools })
  for (let index = 0; index < 8; index++) {
    const dead = await placed(stores, `dead${index}`)
    t.equal(await placed(stores, `q${index}`, `{"_dead_letter_queue":"dead${index}"}`), dead)
  }
})
