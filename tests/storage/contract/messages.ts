import type { JsonText } from '../../../lib/model/json.ts'
import type { MessageId, Sequence } from '../../../lib/model/names.ts'
import { ALICE, BOB, claim, claimed, commit, counts, EVERY_CAPABILITY, listed, messages, name, needs, numbers, post, posted, PROJECT, queue, range, remove, settleAll, type Suite } from './fixture.ts'

/** Posting, reading, removing, expiry and delay. */
export const messageContract: Suite = (t, open, capabilities = EVERY_CAPABILITY) => {
  t.test('messages are read in the order of their posts, page by page', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    for (const first of [0, 10, 20]) await posted(stores, at, messages(10, {}, first))
    const seen: number[] = []
    for (let after = 0 as Sequence; ; ) {
      const { messages: page } = await stores.data.read(at, { after, limit: 7, notFrom: null, claimed: false, delayed: false })
      if (page.length === 0) break
      seen.push(...numbers(page))
      after = page.at(-1)?.sequence ?? after
    }
    t.same(seen, range(30))
  })

  t.test('ids are answered in the order of the posted messages and lead back to them in any order', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(5))
    t.equal(new Set(ids).size, 5)
    const { messages: got } = await stores.data.get(at, [...ids].reverse())
    t.same(numbers(got), [4, 3, 2, 1, 0])
    t.same(got.map(message => message.id), [...ids].reverse())
  })

  t.test('a body of any JSON comes back byte for byte', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const bodies = ['null', '1.0', '12345678901234567890', '"\\u00e9 é 😀"', '{"a":1,"a":2}', '[ 1 , 2 ]', '{"a.b":{"$c":""}}', `"${'x'.repeat(200_000)}"`]
    await posted(stores, at, bodies.map(body => ({ body: body as JsonText, ttl: 60, delay: 0 })))
    t.same((await stores.data.read(at, { after: 0 as Sequence, limit: 20, notFrom: null, claimed: false, delayed: false })).messages.map(({ body }) => body), bodies)
  })

  t.test('a reader can leave out what it posted itself', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(2), ALICE)
    await posted(stores, at, messages(2, {}, 2), BOB)
    await posted(stores, at, messages(2, {}, 4), ALICE)
    t.same(await listed(stores, at, { notFrom: ALICE }), [2, 3])
    t.same(await listed(stores, at, { notFrom: BOB }), [0, 1, 4, 5])
    t.same(await listed(stores, at), range(6))
  })

  t.test('queues do not see each other, and an id of another queue is absent', async t => {
    const stores = await open(t)
    const one = await queue(stores, 'one')
    const two = await queue(stores, 'two')
    const ids = await posted(stores, one, messages(1))
    t.same(await listed(stores, two), [])
    t.same((await stores.data.get(two, ids)).messages, [])
    t.same(await commit(stores, remove(two, ids)), { is: 'removed', each: ['absent'] })
    t.same(await listed(stores, one), [0])
  })

  t.test('a removed message is gone, and each id has its own outcome', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(3))
    const unknown = 'f'.repeat(24) as MessageId
    const outcome = await commit(stores, remove(at, [...ids.slice(1), unknown, ...ids.slice(1, 2)]))
    t.same(outcome, { is: 'removed', each: ['removed', 'removed', 'absent', 'absent'] })
    t.same(await listed(stores, at), [0])
    t.same(await counts(stores, at), { free: 1, claimed: 0, delayed: 0 })
  })

  t.test('an expired message is gone for every operation at once', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(2, { ttl: 60 }))
    await posted(stores, at, messages(1, { ttl: 300 }, 2))
    stores.tick(59.999)
    t.same(await listed(stores, at), [0, 1, 2])
    stores.tick(0.001)
    for (const swept of ['before', 'after']) {
      t.same(await listed(stores, at), [2], `listing ${swept} the sweep`)
      t.same((await stores.data.get(at, ids)).messages, [])
      t.same(await counts(stores, at), { free: 1, claimed: 0, delayed: 0 })
      t.same(await commit(stores, remove(at, ids)), { is: 'removed', each: ['absent', 'absent'] })
      await settleAll(stores)
    }
    t.same(numbers(await claimed(stores, claim(at))), [2])
  })

  t.test('expiry does not depend on the order of posts', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    for (const [index, ttl] of [300, 60, 200, 90, 61, 1000].entries()) await posted(stores, at, messages(1, { ttl }, index))
    stores.tick(90)
    t.same(await listed(stores, at), [0, 2, 5])
    t.same(await counts(stores, at), { free: 3, claimed: 0, delayed: 0 })
    const { oldest, newest } = await stores.data.stats(at)
    t.same(numbers((await stores.data.get(at, [oldest, newest].flatMap(end => end?.id ?? []))).messages), [0, 5])
  })

  t.test('a delayed message appears when its delay is over, in its place', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(1), ...messages(1, { delay: 30 }, 1), ...messages(1, {}, 2)])
    t.same(await listed(stores, at), [0, 2])
    t.same(await listed(stores, at, { delayed: true }), [0, 1, 2])
    t.same(await counts(stores, at), { free: 2, claimed: 0, delayed: 1 })
    stores.tick(30)
    t.same(await listed(stores, at), [0, 1, 2])
    t.same(await counts(stores, at), { free: 3, claimed: 0, delayed: 0 })
    t.same(numbers(await claimed(stores, claim(at))), [0, 1, 2])
  })

  t.test('a message whose delay is longer than its life is never seen', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(1, { ttl: 60, delay: 90 }))
    stores.tick(95)
    t.same(await listed(stores, at, { delayed: true }), [])
    t.same(await claimed(stores, claim(at)), [])
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
  })

  t.test('stats name both ends of the queue, whoever holds them', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    t.match(await stores.data.stats(at), { free: 0, claimed: 0, delayed: 0, oldest: null, newest: null })
    const [first] = await posted(stores, at, messages(1))
    stores.tick(2)
    await posted(stores, at, messages(1))
    const [last] = await posted(stores, at, messages(1))
    await commit(stores, claim(at, { limit: 1 }))
    const stats = await stores.data.stats(at)
    t.equal(stats.oldest?.id, first)
    t.equal(stats.newest?.id, last)
    t.equal((stats.newest?.created ?? 0) - (stats.oldest?.created ?? 0), 2000)
  })

  t.test('a unit with a refused operation leaves no trace', needs('units', capabilities), async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(1))
    const outcomes = await stores.data.commit([post(at, messages(5, {}, 1)), { op: 'renew', at, claim: claim(at).id, ttl: 60, grace: 60 }])
    t.equal(outcomes.at(-1)?.is, 'no_claim')
    t.same(await listed(stores, at), [0])
    t.same(await counts(stores, at), { free: 1, claimed: 0, delayed: 0 })
  })

  t.test('a unit of several operations on several queues is applied as a whole', needs('units', capabilities), async t => {
    const stores = await open(t)
    const one = await queue(stores, 'one')
    const two = await queue(stores, 'two')
    const outcomes = await stores.data.commit([post(one, messages(2)), post(two, messages(2, {}, 2)), claim(one, { limit: 1 })])
    t.same(outcomes.map(({ is }) => is), ['posted', 'posted', 'claimed'])
    t.same([await listed(stores, one), await listed(stores, two)], [[1], [2, 3]])
  })

  t.test('concurrent posts are each consecutive, and no reader that pages by marker misses one', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const producers = 8
    const rounds = 25
    let producing = producers
    const observed = Array.from({ length: 3 }, async () => {
      const seen: number[] = []
      for (let after = 0 as Sequence, finished = false; ; ) {
        const { messages: page } = await stores.data.read(at, { after, limit: 7, notFrom: null, claimed: false, delayed: false })
        seen.push(...numbers(page))
        after = page.at(-1)?.sequence ?? after
        if (page.length === 0 && finished) return seen
        finished = producing === 0
        await new Promise(resolve => { setImmediate(resolve) })
      }
    })
    await Promise.all(Array.from({ length: producers }, async (_, producer) => {
      for (let round = 0; round < rounds; round++) await posted(stores, at, messages(4, {}, (producer * rounds + round) * 4))
      producing--
    }))
    const [first, ...others] = await Promise.all(observed)
    t.equal(first?.length, producers * rounds * 4)
    t.same([...(first ?? [])].sort((a, b) => a - b), range(producers * rounds * 4), 'each exactly once')
    for (const other of others) t.same(other, first, 'all observers see one order')
    for (let index = 0; index < (first?.length ?? 0); index += 4) {
      const start = first?.[index] ?? -1
      t.same(first?.slice(index, index + 4), range(start + 4, start), 'a post is not torn apart')
    }
  })

  t.test('what expired gives its space back in slices', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const other = await queue(stores, 'other')
    await posted(stores, at, messages(250, { ttl: 60 }))
    await posted(stores, other, messages(250, { ttl: 60 }))
    stores.tick(61)
    let slices = 0
    for (let more = true; more; slices++) more = (await stores.data.settle(100)).more
    t.ok(slices >= 5, `${slices} slices of 100 for 500 messages`)
    t.equal(await stores.control.queue(PROJECT, name('nothing')), null)
    t.same(await listed(stores, at), [])
  })

  t.test('settling tells when something falls due next', async t => {
    const stores = await open(t)
    t.same(await stores.data.settle(100), { more: false, nextDue: null })
    const at = await queue(stores)
    await posted(stores, at, messages(1, { ttl: 100 }))
    const { now } = await stores.data.stats(at)
    t.same(await stores.data.settle(100), { more: false, nextDue: now + 100_000 })
    await commit(stores, claim(at, { ttl: 60, grace: 60 }))
    t.same(await stores.data.settle(100), { more: false, nextDue: now + 60_000 })
  })
}
