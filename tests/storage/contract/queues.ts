import type { JsonText } from '../../../lib/model/json.ts'
import { GLOBAL_PROJECT, type Project } from '../../../lib/model/names.ts'
import { commit, counts, listed, messages, name, newQueue, OTHER_PROJECT, posted, post, PROJECT, queue, settleAll, type Suite } from './fixture.ts'

const NO_METADATA = '{}' as JsonText

/** Queues by name, their metadata and their end. */
export const queueContract: Suite = (t, open) => {
  t.test('creating a queue twice keeps the first, its epoch and its metadata', async t => {
    const { control } = await open(t)
    const first = await control.createQueue(PROJECT, name('q'), newQueue('{"a":1}'))
    const second = await control.createQueue(PROJECT, name('q'), newQueue('{"b":2}'))
    t.match(first, { created: true, record: { metadata: '{"a":1}' } })
    t.same(second, { created: false, record: first?.record })
    t.same(await control.queue(PROJECT, name('q')), first?.record)
    t.equal(await control.queue(OTHER_PROJECT, name('q')), null)
  })

  t.test('many concurrent creations of one name agree on one queue', async t => {
    const { control } = await open(t)
    const all = await Promise.all(Array.from({ length: 20 }, () => control.createQueue(PROJECT, name('q'), newQueue())))
    t.equal(all.filter(each => each?.created).length, 1)
    t.equal(new Set(all.map(each => each?.record.epoch)).size, 1)
    t.equal(await control.countQueues(PROJECT), 1)
  })

  t.test('metadata is kept byte for byte', async t => {
    const { control } = await open(t)
    const text = '{"n":9007199254740993,"f":1.0,"d":1,"d":2,"é":"\\u00e9", "" : null}' as JsonText
    const at = await queue({ control })
    t.equal(await control.setMetadata(at, text), true)
    t.equal((await control.queue(at.project, at.queue))?.metadata, text)
  })

  t.test('metadata of an incarnation that is no more is not set', async t => {
    const { control } = await open(t)
    const at = await queue({ control })
    await control.removeQueue(at)
    t.equal(await control.setMetadata(at, NO_METADATA), false)
    const record = await queue({ control })
    t.equal(await control.setMetadata(at, '{"x":1}' as JsonText), false)
    await control.removeQueue(at)
    t.same(await control.queue(at.project, at.queue), record, 'the later incarnation stays')
  })

  t.test('metadata that have changed meanwhile are not set', async t => {
    const { control } = await open(t)
    const at = await queue({ control })
    const mine = '{"mine":1}' as JsonText
    const theirs = '{"theirs":1}' as JsonText
    t.equal(await control.setMetadata(at, theirs, NO_METADATA), true)
    t.equal(await control.setMetadata(at, mine, NO_METADATA), false)
    t.equal((await control.queue(at.project, at.queue))?.metadata, theirs)
    t.equal(await control.setMetadata(at, mine, theirs), true)
  })

  t.test('listing gives the queues of one project by name, after a marker', async t => {
    const { control } = await open(t)
    for (const text of ['b', 'a', 'B', 'a-1', '_', 'a_1', 'c']) await control.createQueue(PROJECT, name(text), newQueue())
    const list = async (after: string, limit: number) => (await control.listQueues(PROJECT, after, limit)).map(record => record.queue)
    t.same(await list('', 100), ['B', '_', 'a', 'a-1', 'a_1', 'b', 'c'])
    t.same(await list('', 3), ['B', '_', 'a'])
    t.same(await list('a', 2), ['a-1', 'a_1'])
    t.same(await list('a0', 100), ['a_1', 'b', 'c'], 'the marker need not exist')
    t.same(await list('c', 100), [])
    t.same(await list('z'.repeat(5000), 100), [])
    t.same(await list('\u00e9', 100), [])
  })

  t.test('projects do not mix, whatever their ids', async t => {
    const { control } = await open(t)
    const projects = [GLOBAL_PROJECT, 'p', 'p1', 'p1-', 'p2', 'P', 'p 1', 'é'] as Project[]
    for (const project of projects) await control.createQueue(project, name(`of-${projects.indexOf(project)}`), newQueue())
    for (const project of projects) {
      t.same((await control.listQueues(project, '', 100)).map(record => record.queue), [`of-${projects.indexOf(project)}`], project)
    }
  })

  t.test('a dropped queue is gone for every change, and empty for every reading', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const [id] = await posted(stores, at, messages(3))
    t.equal(await stores.data.stands(at), true)
    t.same(await commit(stores, { op: 'drop', at }), { is: 'dropped' })
    t.equal(await stores.data.stands(at), false)
    t.same(await commit(stores, { op: 'drop', at }), { is: 'dropped' }, 'twice is once')
    t.same(await commit(stores, post(at, messages(1))), { is: 'gone' })
    t.same(await listed(stores, at), [])
    t.same((await stores.data.get(at, id === undefined ? [] : [id])).messages, [])
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
    await settleAll(stores)
    t.same(await commit(stores, post(at, messages(1))), { is: 'gone' }, 'also when the sweeper has been')
  })

  t.test('a queue that nothing was posted to can be dropped', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    t.same(await commit(stores, { op: 'drop', at }), { is: 'dropped' })
    t.same(await commit(stores, post(at, messages(1))), { is: 'gone' })
  })

  t.test('a queue created again starts empty, with ids of its own', async t => {
    const stores = await open(t)
    const first = await queue(stores)
    const [old] = await posted(stores, first, messages(1))
    await commit(stores, { op: 'drop', at: first })
    await stores.control.removeQueue(first)
    const second = await queue(stores)
    t.not(second.epoch, first.epoch)
    t.same(await listed(stores, second), [])
    const [fresh] = await posted(stores, second, messages(1))
    t.not(fresh, old)
    t.same((await stores.data.get(second, old === undefined ? [] : [old])).messages, [])
  })

  t.test('a project gets as many queues as it may have, however many ask at once', async t => {
    const { control } = await open(t)
    const create = (text: string, atMost: number, project = PROJECT) => control.createQueue(project, name(text), newQueue('{}', { atMost }))
    const all = await Promise.all(Array.from({ length: 10 }, (_, index) => create(`q${index}`, 3)))
    t.equal(all.filter(each => each !== null).length, 3)
    t.equal(await control.countQueues(PROJECT), 3)
    const [first] = all.filter(each => each !== null)
    t.match(await create(first?.record.queue ?? '', 3), { created: false }, 'one that stands is no new one')
    t.match(await create('q', 3, OTHER_PROJECT), { created: true }, 'another project has its own count')
    if (first !== undefined) await control.removeQueue(first.record)
    t.equal(await control.countQueues(PROJECT), 2)
    t.match(await create('again', 3), { created: true })
    t.equal(await create('once-more', 3), null)
  })
}
