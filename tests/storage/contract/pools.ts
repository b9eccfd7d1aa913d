import type { JsonText } from '../../../lib/model/json.ts'
import { GLOBAL_PROJECT, type Project } from '../../../lib/model/names.ts'
import type { Flavor, FlavorName, Pool, PoolName } from '../../../lib/model/pool.ts'
import type { ControlStore, QueueKey } from '../../../lib/storage/contract.ts'
import { name, newQueue, OTHER_PROJECT, PROJECT, range, type Suite } from './fixture.ts'

/** A pool at an address of its own. */
export function pool(text: string, over: Partial<Pool> = {}): Pool {
  return { name: text as PoolName, uri: `lmdb:///nowhere/${text}`, weight: 1, group: null, options: '{}' as JsonText, draining: false, ...over }
}

function flavor(text: string, over: Partial<Flavor> = {}): Flavor {
  return { project: PROJECT, name: text as FlavorName, group: 'fast', capabilities: '{}' as JsonText, ...over }
}

/** A queue that lies in a pool. */
async function queueIn(control: ControlStore, text: string, where: PoolName | null, project = PROJECT): Promise<QueueKey> {
  const created = await control.createQueue(project, name(text), newQueue('{}', { pool: where }))
  if (created === null) throw new Error('a queue without a quota was refused')
  return created.record
}

const A = 'a' as PoolName
const B = 'b' as PoolName

async function withPools(control: ControlStore): Promise<void> {
  for (const text of [A, B]) await control.putPool(pool(text))
}

/** Pools, flavors, and which queue lies in which pool. */
export const poolContract: Suite = (t, open) => {
  t.test('a pool is kept with all that was given, and put again it is replaced', async t => {
    const { control } = await open(t)
    const first = pool('p é', { uri: 'mongodb://u:p@h/?w=1', weight: 4_294_967_295, group: 'fast', options: '{"n":1.0,"n":2}' as JsonText, draining: true })
    t.equal(await control.putPool(first), 'stored')
    t.same(await control.pool(first.name), first)
    t.equal(await control.putPool(pool('p é', { uri: first.uri })), 'stored', 'its own address is no other\'s')
    t.same(await control.pool(first.name), pool('p é', { uri: first.uri }))
    t.equal(await control.pool(B), null)
  })

  t.test('no two pools have one address', async t => {
    const { control } = await open(t)
    await withPools(control)
    t.equal(await control.putPool(pool('c', { uri: pool(A).uri })), 'uri_taken')
    t.equal(await control.pool('c' as PoolName), null, 'nothing was stored')
    t.equal(await control.putPool(pool(B, { uri: pool(A).uri })), 'uri_taken')
    t.same(await control.pool(B), pool(B), 'nothing was changed')
    await control.removePool(A)
    t.equal(await control.putPool(pool('c', { uri: pool(A).uri })), 'stored')
  })

  t.test('pools are listed by name, after a marker', async t => {
    const { control } = await open(t)
    for (const text of ['p10', 'p1', 'é', 'P', 'p-1', 'p2']) await control.putPool(pool(text))
    const list = async (after: string, limit: number) => (await control.listPools(after, limit)).map(each => each.name)
    t.same(await list('', 100), ['P', 'p-1', 'p1', 'p10', 'p2', 'é'])
    t.same(await list('p1', 2), ['p10', 'p2'])
    t.same(await list('p11', 100), ['p2', 'é'], 'the marker need not exist')
    t.same(await list('z'.repeat(5000), 100), ['é'])
  })

  t.test('a flavor is kept in its project, and put again it is replaced', async t => {
    const { control } = await open(t)
    const first = flavor('gold', { capabilities: '{"a" : 1.0}' as JsonText })
    await control.putFlavor(first)
    await control.putFlavor(flavor('gold', { project: OTHER_PROJECT, group: 'slow' }))
    t.same(await control.flavor(PROJECT, first.name), first)
    t.equal((await control.flavor(OTHER_PROJECT, first.name))?.group, 'slow')
    t.equal(await control.flavor(GLOBAL_PROJECT, first.name), null)
    await control.putFlavor(flavor('gold', { group: 'slow' }))
    t.same(await control.flavor(PROJECT, first.name), flavor('gold', { group: 'slow' }))
    await control.removeFlavor(PROJECT, first.name)
    await control.removeFlavor(PROJECT, first.name)
    t.equal(await control.flavor(PROJECT, first.name), null)
    t.ok(await control.flavor(OTHER_PROJECT, first.name), 'the other project keeps its own')
  })

  t.test('flavors are listed by name within their project', async t => {
    const { control } = await open(t)
    for (const text of ['f2', 'f10', 'f1', 'F']) await control.putFlavor(flavor(text))
    await control.putFlavor(flavor('f11', { project: 'p1-' as Project }))
    const list = async (after: string, limit: number) => (await control.listFlavors(PROJECT, after, limit)).map(each => each.name)
    t.same(await list('', 100), ['F', 'f1', 'f10', 'f2'])
    t.same(await list('f1', 1), ['f10'])
    t.same(await list('f2', 1), [])
  })

  t.test('the flavors of a group are found whatever their project, and follow their changes', async t => {
    const { control } = await open(t)
    await control.putFlavor(flavor('x'))
    await control.putFlavor(flavor('y', { project: OTHER_PROJECT }))
    await control.putFlavor(flavor('z', { group: 'fast-1' }))
    const of = async (group: string) => (await control.flavorsOf(group, 100)).map(each => each.name).sort()
    t.same(await of('fast'), ['x', 'y'])
    t.equal((await control.flavorsOf('fast', 1)).length, 1)
    await control.putFlavor(flavor('x', { group: 'slow' }))
    await control.removeFlavor(OTHER_PROJECT, 'y' as FlavorName)
    t.same(await of('fast'), [])
    t.same(await of('slow'), ['x'])
    t.same(await of('fas'), [])
  })

  t.test('a queue says where it lies, and new metadata does not move it', async t => {
    const { control } = await open(t)
    await withPools(control)
    const at = await queueIn(control, 'q', A)
    t.match(await control.queue(PROJECT, at.queue), { pool: A, moving: null })
    t.match(await queueIn(control, 'none', null), { pool: null })
    await control.setPlace(at, { pool: A, moving: { to: B, stage: 'announced' } })
    t.equal(await control.setMetadata(at, '{"a":1}' as JsonText), true)
    t.match(await control.queue(PROJECT, at.queue), { pool: A, moving: { to: B, stage: 'announced' }, metadata: '{"a":1}' })
    t.match(await control.listQueues(PROJECT, '', 10), [{ queue: 'none', pool: null }, { queue: 'q', pool: A, moving: { to: B } }])
    t.match(await control.createQueue(PROJECT, at.queue, newQueue('{}', { pool: B })), { created: false, record: { pool: A } }, 'created again it stays where it is')
  })

  t.test('no queue is placed in a pool that is not there', async t => {
    const { control } = await open(t)
    await withPools(control)
    const nowhere = 'nowhere' as PoolName
    await t.rejects(queueIn(control, 'q', nowhere), { name: 'StorageUnavailable' })
    t.equal(await control.queue(PROJECT, name('q')), null)
    t.equal(await control.countQueues(PROJECT), 0)
    const at = await queueIn(control, 'q', A)
    await t.rejects(control.setPlace(at, { pool: A, moving: { to: nowhere, stage: 'announced' } }), { name: 'StorageUnavailable' })
    await t.rejects(control.setPlace(at, { pool: nowhere, moving: null }), { name: 'StorageUnavailable' })
    t.match(await control.queue(PROJECT, at.queue), { pool: A, moving: null })
  })

  t.test('the queues of a pool are counted and listed by project and name, after one of them', async t => {
    const { control } = await open(t)
    await withPools(control)
    for (const index of range(5)) await queueIn(control, `q${index}`, index === 2 ? B : A)
    await queueIn(control, 'other', A, OTHER_PROJECT)
    await queueIn(control, 'q1', A, GLOBAL_PROJECT)
    await queueIn(control, 'home', null)
    t.equal(await control.countQueuesIn(A), 6)
    t.equal(await control.countQueuesIn(B), 1)
    const all = await control.queuesIn(A, null, 100)
    t.same(all.map(({ project, queue }) => [project, queue]), [['', 'q1'], ['p1', 'q0'], ['p1', 'q1'], ['p1', 'q3'], ['p1', 'q4'], ['p2', 'other']])
    t.same(await control.queue(PROJECT, name('q0')), all[1], 'whole records')
    t.same((await control.queuesIn(A, { project: PROJECT, queue: name('q1') }, 2)).map(({ queue }) => queue), ['q3', 'q4'])
    t.same((await control.queuesIn(A, { project: PROJECT, queue: name('q2') }, 1)).map(({ queue }) => queue), ['q3'], 'it need not lie there')
  })

  t.test('a move is followed by lists and counts, stage by stage', async t => {
    const { control } = await open(t)
    await withPools(control)
    const at = await queueIn(control, 'q', A)
    const where = async () => [await control.countQueuesIn(A), await control.countQueuesIn(B), (await control.queuesIn(A, null, 9)).length, (await control.queuesIn(B, null, 9)).length]
    for (const stage of ['announced', 'sealed', 'copied'] as const) {
      t.equal(await control.setPlace(at, { pool: A, moving: { to: B, stage } }), true)
      t.match(await control.queue(PROJECT, at.queue), { pool: A, moving: { to: B, stage } })
      t.same(await where(), [1, 0, 1, 0], stage)
    }
    t.equal(await control.setPlace(at, { pool: B, moving: null }), true)
    t.same(await control.queue(PROJECT, at.queue), { ...at, pool: B })
    t.same(await where(), [0, 1, 0, 1])
    t.equal(await control.setPlace(at, { pool: A, moving: null }), false, 'it lies in that pool no more')
    await control.removeQueue({ ...at, pool: A })
    t.same(await where(), [0, 0, 0, 0], 'it is removed wherever it was thought to lie')
    t.equal(await control.setPlace({ ...at, pool: B }, { pool: A, moving: null }), false, 'it is no more')
  })

  t.test('a pool is not removed while queues lie in it or are on their way to it', async t => {
    const { control } = await open(t)
    await withPools(control)
    const at = await queueIn(control, 'q', A)
    t.equal(await control.removePool(A), 'in_use')
    t.ok(await control.pool(A))
    await control.setPlace(at, { pool: A, moving: { to: B, stage: 'sealed' } })
    t.equal(await control.removePool(B), 'in_use', 'one is on its way')
    await control.setPlace(at, { pool: B, moving: null })
    t.equal(await control.removePool(A), 'removed')
    t.equal(await control.removePool(A), 'removed', 'twice is once')
    await control.removeQueue(at)
    t.equal(await control.removePool(B), 'removed')
  })

  t.test('a queue that is deleted on its way leaves nothing behind', async t => {
    const { control } = await open(t)
    await withPools(control)
    const at = await queueIn(control, 'q', A)
    await control.setPlace(at, { pool: A, moving: { to: B, stage: 'announced' } })
    await control.removeQueue(at)
    t.same([await control.countQueuesIn(A), await control.removePool(A), await control.removePool(B)], [0, 'removed', 'removed'])
  })
}
