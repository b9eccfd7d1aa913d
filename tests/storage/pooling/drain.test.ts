/** Moving the queues of a pool to others. */
import t, { type Test } from 'tap'
import type { JsonText } from '../../../lib/model/json.ts'
import { START } from '../../../lib/model/names.ts'
import type { Flavor, FlavorName, PoolName } from '../../../lib/model/pool.ts'
import { drainPool, keepPool, type Stuck } from '../../../lib/service/drain.ts'
import { deleteQueue } from '../../../lib/service/queues.ts'
import type { ControlStore, DataStore, QueueKey, QueueRecord } from '../../../lib/storage/contract.ts'
import {
  claim, commit, counts, EVERYTHING, first, listed, messages, name, newQueue, numbers, posted, PROJECT, range, remove, settleAll, usage,
} from '../contract/fixture.ts'
import { pool } from '../contract/pools.ts'
import { openPooled, type PooledFixture, type PooledOptions } from './fixture.ts'

const A = 'a' as PoolName
const B = 'b' as PoolName

/** What a store would say of a queue. */
async function shown({ data }: PooledFixture, at: QueueKey): Promise<unknown> {
  return [await data.read(at, EVERYTHING), await data.stats(at), (await data.dump(at, START, 1000))]
}

async function queueIn({ raw }: PooledFixture, where: PoolName, text: string, metadata = '{}'): Promise<QueueKey> {
  const created = await raw.createQueue(PROJECT, name(text), newQueue(metadata, { pool: where }))
  if (created === null) throw new Error('refused')
  return created.record
}

/** The queue as it stands in the control store. */
async function record({ raw }: PooledFixture, at: QueueKey): Promise<QueueRecord> {
  const found = await raw.queue(at.project, at.queue)
  if (found === null) throw new Error(`${at.queue} is gone`)
  return found
}

function drain({ control, pools }: PooledFixture, from: PoolName = A, over: Partial<ControlStore> = {}): Promise<readonly Stuck[]> {
  return drainPool({ control: { ...control, ...over }, pools, staleMs: 0 }, from, () => undefined)
}

async function open(t: Test, options: PooledOptions = {}): Promise<PooledFixture> {
  return openPooled(t, { pools: { a: {}, b: {} }, ...options })
}

t.test('a drained pool holds nothing, and its queues are elsewhere what they were', async t => {
  const stores = await open(t)
  const at = await queueIn(stores, A, 'jobs')
  await posted(stores, at, [...messages(300), ...messages(2, { delay: 100 }, 300), ...messages(1, { ttl: 60 }, 302)])
  const held = claim(at, { limit: 5, ttl: 200 })
  await commit(stores, held)
  const empty = await queueIn(stores, A, 'empty', '{"x":1}')
  const before = await shown(stores, at)
  const told: unknown[] = []
  t.same(await drainPool({ ...stores, staleMs: 0 }, A, drained => { told.push(drained) }), [])

  t.match(await record(stores, at), { pool: B, moving: null, epoch: at.epoch })
  t.match(await record(stores, empty), { pool: B, metadata: '{"x":1}' })
  t.same(await shown(stores, at), before, 'also by a record of where it was')
  t.match(told.at(-1), { queues: 2, messages: 303, left: 0 })
  t.equal(await stores.raw.countQueuesIn(A), 0)
  while ((await stores.pools.use(A, store => store.settle(1000))).more) { /* until all is swept */ }
  t.same(await stores.pools.use(A, async store => [await store.usage(PROJECT), await store.volume?.()]), [{ messages: 0, bytes: 0 }, { total: 0, claimed: 0 }])

  const moved = await record(stores, at)
  t.match(await commit(stores, remove(moved, (await stores.data.claim(moved, held.id))?.messages.map(({ id }) => id) ?? [], { kind: 'held_by', claim: held.id })), { each: Array.from({ length: 5 }, () => 'removed') })
  await posted(stores, moved, messages(1, {}, 999))
  t.equal((await listed(stores, moved)).at(-1), 999)
  t.match(await stores.raw.pool(A), { draining: true })
  t.equal((await stores.control.createQueue(PROJECT, name('new'), newQueue()))?.record.pool, B, 'no new queue is placed in it')
})

t.test('a queue goes where its flavor may be, and stays if there is no such pool', async t => {
  const stores = await open(t, { pools: { a: {}, b: {}, gold: { group: 'gold' }, full: { weight: 0 } } })
  const flavor: Flavor = { project: PROJECT, name: 'gold' as FlavorName, group: 'gold', capabilities: '{}' as JsonText }
  await stores.raw.putFlavor(flavor)
  await stores.raw.putFlavor({ ...flavor, name: 'lead' as FlavorName, group: 'lead' })
  const plain = await queueIn(stores, A, 'plain')
  const gold = await queueIn(stores, A, 'golden', '{"_flavor":"gold"}')
  const lead = await queueIn(stores, A, 'leaden', '{"_flavor":"lead"}')
  const lost = await queueIn(stores, A, 'lost', '{"_flavor":"no more"}')
  await posted(stores, lead, messages(3))
  const stuck = await drain(stores)
  t.match(stuck, [{ queue: 'leaden', reason: { message: 'no other pool takes it' } }])
  t.same(await Promise.all([plain, gold, lead, lost].map(async at => (await record(stores, at)).pool)), [B, 'gold', A, B])
  t.same(await listed(stores, lead), range(3), 'it is served where it is')
  t.match(await record(stores, lead), { moving: null })
  await stores.raw.putPool(pool('new', { uri: `lmdb://${stores.folder}/new`, group: 'lead' }))
  t.same(await drain(stores), [])
  t.same(await listed(stores, lead), range(3))
})

t.test('a queue and its dead-letter queue stay together, whichever is listed first', async t => {
  const others = Object.fromEntries('bcdefghi'.split('').map(text => [text, {}]))
  const stores = await openPooled(t, { pools: { a: {}, ...others } })
  const pairs = await Promise.all(range(10).map(async index => {
    const [dead, live] = index % 2 === 0 ? [`a-dead${index}`, `b-live${index}`] : [`b-dead${index}`, `a-live${index}`]
    return [await queueIn(stores, A, dead), await queueIn(stores, A, live, `{"_max_claim_count":1,"_dead_letter_queue":"${dead}"}`)] as const
  }))
  t.same(await drain(stores), [])
  for (const [dead, live] of pairs) t.equal((await record(stores, live)).pool, (await record(stores, dead)).pool)
})

t.test('a pool that had a queue lately does not take it back, and another does', async t => {
  const stores = await open(t)
  const at = await queueIn(stores, A, 'jobs')
  await posted(stores, at, messages(3))
  await drain(stores)
  await keepPool({ ...stores, staleMs: 0 }, A, () => undefined)
  const stuck = await drain(stores, B)
  t.match(stuck, [{ queue: 'jobs', reason: { message: 'no other pool takes it' } }])
  await stores.raw.putPool(pool('c', { uri: `lmdb://${stores.folder}/c` }))
  t.same(await drain(stores, B), [])
  const moved = await record(stores, at)
  t.equal(moved.pool, 'c')
  t.same(await listed(stores, moved), range(3))
})

t.test('a drain that was broken off at any step goes on where it was', async t => {
  for (let step = 0, isOver = false; !isOver; step++) {
    const stores = await open(t)
    const queues = [await queueIn(stores, A, 'one'), await queueIn(stores, A, 'two')]
    for (const at of queues) await posted(stores, at, messages(120))
    const before = await Promise.all(queues.map(at => shown(stores, at)))
    // From this step on nothing that the drain does to any store happens, as if its process had been killed.
    let left = step
    const dying = <Given extends readonly unknown[], Result>(action: (...given: Given) => Promise<Result>) => (...given: Given): Promise<Result> =>
      left-- > 0 ? action(...given) : Promise.reject(new Error('killed'))
    const pools = { ...stores.pools, pools: () => stores.pools.pools(), probe: dying(async () => undefined), capabilities: () => [],
      use: <Result>(where: PoolName, action: (store: DataStore) => Promise<Result>) => stores.pools.use(where, store => action({ ...store, commit: dying(store.commit), dump: dying(store.dump) })) }
    await drainPool({ control: { ...stores.control, setPlace: dying(stores.control.setPlace) }, pools, staleMs: 0 }, A, () => undefined)
    isOver = left > 0
    t.same(await drain(stores), [])
    t.same(await Promise.all(queues.map(at => shown(stores, at))), before, `broken off after ${step} steps`)
    t.same([await stores.raw.countQueuesIn(A), await stores.raw.countQueuesIn(B)], [0, 2])
    t.equal((await usage(stores)).messages, 240, 'nothing is kept twice')
    if (isOver) t.ok(step > 12, `${step} steps`)
  }
})

t.test('a queue that is deleted while it is moved is gone, and leaves nothing', async t => {
  for (const stage of ['announced', 'sealed', 'copied'] as const) {
    const stores = await open(t)
    const at = await queueIn(stores, A, 'jobs')
    await posted(stores, at, messages(10))
    // Deleted as soon as the record says so.
    const setPlace: ControlStore['setPlace'] = async (key, place) => {
      const isSet = await stores.control.setPlace(key, place)
      if (place.moving?.stage === stage) await deleteQueue(stores, PROJECT, at.queue)
      return isSet
    }
    t.same(await drain(stores, A, { setPlace }), [], stage)
    t.equal(await stores.raw.queue(PROJECT, at.queue), null)
    await settleAll(stores)
    t.same(await usage(stores), { messages: 0, bytes: 0 }, `${stage}: in no pool`)
    t.same([await stores.raw.countQueuesIn(A), await stores.raw.countQueuesIn(B)], [0, 0])
  }
})

t.test('a queue whose new pool is out of reach stays, and goes on when that is back', async t => {
  const state = { isDown: true }
  const stores = await open(t, { drivers: usual => uri => { const driver = usual(uri); return driver === null || !uri.endsWith('/b') ? driver : { ...driver, open: async at => state.isDown ? Promise.reject(new Error('on purpose')) : driver.open(at) } } })
  const at = await queueIn(stores, A, 'jobs')
  await posted(stores, at, messages(3))
  t.match(await drain(stores), [{ queue: 'jobs', reason: { name: 'StorageUnavailable' } }])
  state.isDown = false
  t.same(await drain(stores), [])
  t.same(await listed(stores, await record(stores, at)), range(3))
})

t.test('a drain that is taken back leaves what is not yet being copied, and ends the rest', async t => {
  const stores = await open(t)
  const [stays, goes] = [await queueIn(stores, A, 'stays'), await queueIn(stores, A, 'goes')]
  for (const at of [stays, goes]) await posted(stores, at, messages(3))
  await stores.raw.putPool({ ...pool(A), uri: `lmdb://${stores.folder}/a`, draining: true })
  await stores.raw.setPlace(stays, { pool: A, moving: { to: B, stage: 'announced' } })
  await stores.raw.setPlace(goes, { pool: A, moving: { to: B, stage: 'sealed' } })
  await stores.pools.use(A, store => store.commit([{ op: 'seal', at: goes }]))
  t.same(await keepPool({ ...stores, staleMs: 0 }, A, () => undefined), [])
  t.match(await stores.raw.pool(A), { draining: false })
  t.match([await record(stores, stays), await record(stores, goes)], [{ pool: A, moving: null }, { pool: B, moving: null }])
  for (const at of [stays, goes]) t.same(await listed(stores, await record(stores, at)), range(3))
})

t.test('requests that come while a queue is copied wait for it, and are carried out where it went', async t => {
  const stores = await open(t)
  const at = await queueIn(stores, A, 'jobs')
  const ids = await posted(stores, at, messages(5))
  const late: Promise<unknown>[] = []
  const setPlace: ControlStore['setPlace'] = async (key, place) => {
    const isSet = await stores.control.setPlace(key, place)
    if (place.moving?.stage === 'sealed') {
      await stores.pools.use(A, store => store.commit([{ op: 'seal', at }]))
      late.push(commit(stores, { op: 'post', at, client: 'c'.repeat(32) as never, messages: messages(1, {}, 5) }), listed(stores, at), commit(stores, remove(at, [first(ids)])), counts(stores, at))
    }
    return isSet
  }
  t.same(await drain(stores, A, { setPlace }), [])
  const [post, list, removal, count] = await Promise.all(late)
  t.match(post, { is: 'posted' })
  t.match(removal, { is: 'removed', each: ['removed'] })
  t.ok(Array.isArray(list) && list.length >= 4, `the list is of the copy: ${String(list)}`)
  t.match(count, { claimed: 0, delayed: 0 })
  t.same(numbers((await stores.data.read(await record(stores, at), EVERYTHING)).messages), [1, 2, 3, 4, 5])
})
