import type { JsonText } from '../../../lib/model/json.ts'
import { START } from '../../../lib/model/names.ts'
import { claim, commit, counts, EVERY_CAPABILITY, FREE, messages, needs, OTHER_PROJECT, post, posted, queue, remove, settleAll, usage, type Fixture, type Suite } from './fixture.ts'
import type { Allowance, Outcome, QueueKey } from '../../../lib/storage/contract.ts'

/** What a project keeps, and how much it may keep. */
export const usageContract: Suite = (t, open, capabilities = EVERY_CAPABILITY) => {
  const body = (length: number) => `"${'x'.repeat(length - 2)}"` as JsonText

  async function postWithin(stores: Fixture, at: QueueKey, count: number, allowance: Allowance, bytes = 10): Promise<Outcome> {
    return commit(stores, { ...post(at, messages(count, { body: body(bytes) })), allowance })
  }

  t.test('use follows posts, deletes, expiry and drops, over all queues of the project', async t => {
    const stores = await open(t)
    const one = await queue(stores, 'one')
    const two = await queue(stores, 'two')
    t.same(await usage(stores), { messages: 0, bytes: 0 })
    const ids = await posted(stores, one, messages(5, { body: body(100) }))
    await posted(stores, two, messages(3, { body: body(10), ttl: 60 }))
    t.same(await usage(stores), { messages: 8, bytes: 530 })
    t.same(await usage(stores, OTHER_PROJECT), { messages: 0, bytes: 0 })
    await commit(stores, claim(one, { limit: 2 }))
    await commit(stores, remove(one, ids.slice(1, 4)))
    t.same(await usage(stores), { messages: 5, bytes: 230 })
    stores.tick(60)
    await settleAll(stores)
    t.same(await usage(stores), { messages: 2, bytes: 200 })
    await commit(stores, { op: 'drop', at: one })
    t.same(await usage(stores), { messages: 0, bytes: 0 }, 'at once, before the sweeper has been')
    await settleAll(stores)
    t.same(await usage(stores), { messages: 0, bytes: 0 })
  })

  t.test('bytes are those of the UTF-8 text', async t => {
    const stores = await open(t)
    await posted(stores, await queue(stores), messages(1, { body: '"é😀"' as JsonText }))
    t.same(await usage(stores), { messages: 1, bytes: 8 })
  })

  t.test('a post beyond the allowance is refused as a whole, says why and leaves no trace', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const allowance = { messages: 10, bytes: 1000 }
    t.match(await postWithin(stores, at, 8, allowance), { is: 'posted' })
    t.same(await postWithin(stores, at, 3, allowance), { is: 'over_quota', quota: 'messages', limit: 10, used: 8 })
    t.same(await postWithin(stores, at, 1, allowance, 921), { is: 'over_quota', quota: 'bytes', limit: 1000, used: 80 })
    t.same(await counts(stores, at), { free: 8, claimed: 0, delayed: 0 })
    t.match(await postWithin(stores, at, 1, allowance, 920), { is: 'posted' }, 'exactly up to the limit')
    t.same(await usage(stores), { messages: 9, bytes: 1000 })
  })

  t.test('what came while the project had no allowance counts when it has one again', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const allowance = { messages: 5, bytes: Infinity }
    t.match(await postWithin(stores, at, 2, allowance), { is: 'posted' })
    await posted(stores, at, messages(3))
    t.same(await postWithin(stores, at, 1, allowance), { is: 'over_quota', quota: 'messages', limit: 5, used: 5 })
    const { next, messages: [one] } = await stores.data.dump(at, START, 1)
    await commit(stores, remove(at, (await stores.data.read(at, FREE)).messages.map(({ id }) => id)))
    t.match(await postWithin(stores, at, 4, allowance), { is: 'posted' })
    const other = await queue(stores, 'other')
    await commit(stores, { op: 'restore', at: other, next, messages: one === undefined ? [] : [one] })
    t.same(await postWithin(stores, at, 1, allowance), { is: 'over_quota', quota: 'messages', limit: 5, used: 5 })
  })

  t.test('an allowance holds over all queues of a project and however many post at once', async t => {
    const stores = await open(t)
    const queues = await Promise.all(['a', 'b', 'c'].map(text => queue(stores, text)))
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, index) => postWithin(stores, queues[index % 3] ?? { ...queues[0] } as QueueKey, 1, { messages: 20, bytes: Infinity })))
    t.equal(outcomes.filter(({ is }) => is === 'posted').length, 20)
    t.equal(outcomes.filter(({ is }) => is === 'over_quota').length, 40)
    t.equal((await usage(stores)).messages, 20)
  })

  t.test('a refused post undoes the unit it stands in', needs('units', capabilities), async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const outcomes = await stores.data.commit([post(at, messages(1)), { ...post(at, messages(2)), allowance: { messages: 2, bytes: Infinity } }])
    t.equal(outcomes.at(-1)?.is, 'over_quota')
    t.same(await usage(stores), { messages: 0, bytes: 0 })
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
  })
}
