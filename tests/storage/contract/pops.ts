import type { JsonText } from '../../../lib/model/json.ts'
import { END, type Sequence } from '../../../lib/model/names.ts'
import type { Operation, QueueKey } from '../../../lib/storage/contract.ts'
import {
  BOB, claim, claimed, commit, counts, EVERY_CAPABILITY, EVERYTHING, expected, listed, messages, needs, numbers, posted, queue, range, remove, settleAll, usage, type Fixture, type Suite,
} from './fixture.ts'

/** Taking messages away by number: popping what is free, and purging. */
export const popContract: Suite = (t, open, capabilities = EVERY_CAPABILITY) => {
  async function popped(stores: Fixture, at: QueueKey, limit: number): Promise<number[]> {
    return numbers((await expected(stores, { op: 'pop', at, limit }, 'popped')).messages)
  }

  async function purged(stores: Fixture, at: QueueKey, over: Partial<Operation & { op: 'purge' }> = {}): Promise<number> {
    return (await expected(stores, { op: 'purge', at, through: END, limit: 100, ...over }, 'purged')).count
  }

  async function positionOf(stores: Fixture, at: QueueKey, number: number): Promise<Sequence> {
    const { messages: all } = await stores.data.read(at, EVERYTHING)
    return all.find(({ body }) => body === String(number))?.sequence ?? END
  }

  t.test('a pop removes the oldest messages, whoever posted them, and answers them in order', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(2))
    await posted(stores, at, messages(2, {}, 2), BOB)
    t.same(await popped(stores, at, 3), [0, 1, 2])
    t.same(await listed(stores, at), [3])
    t.same(await counts(stores, at), { free: 1, claimed: 0, delayed: 0 })
    t.same(await popped(stores, at, 3), [3])
    t.same(await popped(stores, at, 3), [], 'nothing is left')
    t.same(await popped(stores, await queue(stores, 'empty'), 3), [], 'nothing was ever there')
  })

  t.test('a popped message is answered as it was, byte for byte', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const bodies = ['1.0', '12345678901234567890', '"\\u00e9 é 😀"', '{"a":1,"a":2}'] as JsonText[]
    const ids = await posted(stores, at, bodies.map(body => ({ body, ttl: 300, delay: 0 })))
    const { messages: before } = await stores.data.get(at, ids)
    stores.tick(5)
    const { now, messages: all } = await expected(stores, { op: 'pop', at, limit: 10 }, 'popped')
    t.same(all, before)
    t.same(all.map(({ body }) => body), bodies)
    t.equal(now - (all[0]?.created ?? 0), 5000)
    t.same((await stores.data.get(at, ids)).messages, [])
    t.same(await commit(stores, remove(at, ids.slice(0, 1))), { is: 'removed', each: ['absent'] })
  })

  t.test('a pop passes over what is claimed, delayed or expired', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(1), ...messages(1, { ttl: 60 }, 1), ...messages(1, { delay: 100 }, 2), ...messages(2, {}, 3)])
    await claimed(stores, claim(at, { limit: 1, ttl: 200 }))
    stores.tick(60)
    t.same(await popped(stores, at, 10), [3, 4])
    t.same(await counts(stores, at), { free: 0, claimed: 1, delayed: 1 })
    stores.tick(40)
    t.same(await popped(stores, at, 10), [2], 'when its delay is over')
    stores.tick(100)
    t.same(await popped(stores, at, 10), [0], 'when its claim is over')
  })

  t.test('a message whose claim ran out is popped in its place, and tells how often it was handed out', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(4))
    const operation = claim(at, { limit: 3, ttl: 60 })
    await commit(stores, operation)
    await commit(stores, remove(at, ids.slice(0, 1)))
    stores.tick(60)
    const { messages: all } = await expected(stores, { op: 'pop', at, limit: 3 }, 'popped')
    t.match(all.map(({ body, claim, claims }) => [body, claim, claims]), [['1', null, 1], ['2', null, 1], ['3', null, 0]])
    t.same(await commit(stores, remove(at, ids.slice(1, 2), { kind: 'held_by', claim: operation.id })), { is: 'removed', each: ['absent'] })
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
    await settleAll(stores)
    t.same(await usage(stores), { messages: 0, bytes: 0 })
  })

  t.test('pops and claims that race never give a message to two of them', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(200))
    const taken = await Promise.all(Array.from({ length: 50 }, async (_, index) => (
      index % 2 === 0 ? popped(stores, at, 7) : numbers(await claimed(stores, claim(at, { limit: 7 })))
    )))
    t.same(taken.flat().sort((a, b) => a - b), range(200))
  })

  t.test('use follows pops and purges', needs('sizes', capabilities), async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(10, { body: '"12345678"' as JsonText }))
    await popped(stores, at, 3)
    t.same(await usage(stores), { messages: 7, bytes: 70 })
    t.equal(await purged(stores, at, { limit: 2 }), 2)
    t.same(await usage(stores), { messages: 5, bytes: 50 })
    t.equal(await purged(stores, at), 5)
    t.same(await usage(stores), { messages: 0, bytes: 0 })
  })

  t.test('a purge takes what is free and what is delayed, and leaves what a claim holds', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(4), ...messages(2, { delay: 100 }, 4)])
    const operation = claim(at, { limit: 2 })
    await commit(stores, operation)
    t.equal(await purged(stores, at), 4)
    t.same(await counts(stores, at), { free: 0, claimed: 2, delayed: 0 })
    t.same(numbers((await stores.data.claim(at, operation.id))?.messages ?? []), [0, 1])
    t.equal(await purged(stores, at), 0)
    stores.tick(60)
    t.equal(await purged(stores, at), 2, 'when the claim is over')
    t.same(await listed(stores, at, EVERYTHING), [])
  })

  t.test('a purge goes up to a position, the oldest first, a part at a time', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(3), ...messages(1, { delay: 100 }, 3), ...messages(4, {}, 4)])
    const through = await positionOf(stores, at, 5)
    t.equal(await purged(stores, at, { through, limit: 2 }), 2)
    t.same(await listed(stores, at, EVERYTHING), range(8, 2))
    await posted(stores, at, messages(1, {}, 8))
    t.equal(await purged(stores, at, { through, limit: 10 }), 4)
    t.same(await listed(stores, at, EVERYTHING), [6, 7, 8])
    t.equal(await purged(stores, at, { through, limit: 10 }), 0)
  })

  t.test('a purge does not count what has expired, and takes what claims left behind', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(2, { ttl: 60 }), ...messages(6, {}, 2)])
    stores.tick(60)
    const operation = claim(at, { limit: 4, ttl: 60 })
    await commit(stores, operation)
    stores.tick(60)
    const through = await positionOf(stores, at, 3)
    t.equal(await purged(stores, at, { through }), 2)
    t.same(await listed(stores, at), [4, 5, 6, 7])
    t.equal(await purged(stores, at), 4)
    t.equal(await stores.data.claim(at, operation.id), null)
    await settleAll(stores)
    t.same(await usage(stores), { messages: 0, bytes: 0 })
  })
}
