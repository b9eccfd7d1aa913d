import { END, START, type Sequence } from '../../../lib/model/names.ts'
import type { Operation } from '../../../lib/storage/contract.ts'
import type { StoredMessage } from '../../../lib/storage/dump.ts'
import {
  claim, claimId, commit, counts, EVERY_CAPABILITY, EVERYTHING, expected, first, got, listed, messages, needs, post, posted, queue, remove, settleAll, usage, type Suite,
} from './fixture.ts'

/** Queues that are about to be copied to another store: nobody works on them any more, and all they hold can be read out. */
export const sealContract: Suite = (t, open, capabilities = EVERY_CAPABILITY) => {
  t.test('a sealed queue refuses every operation but a drop, and stands', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(3))
    const held = claim(at, { limit: 1 })
    await commit(stores, held)
    t.same(await commit(stores, { op: 'seal', at }), { is: 'sealed' })
    const operations: readonly Operation[] = [
      post(at, messages(1)), remove(at, ids), claim(at), { op: 'renew', at, claim: held.id, ttl: 60, grace: 60 }, { op: 'release', at, claim: held.id },
      { op: 'pop', at, limit: 1 }, { op: 'purge', at, through: END, limit: 10 }, { op: 'seal', at }, { op: 'restore', at, next: START, messages: [] },
    ]
    for (const operation of operations) t.same(await commit(stores, operation), { is: 'elsewhere' }, operation.op)
    t.equal(await stores.data.stands(at), true)
  })

  t.test('nothing of a sealed queue is read, but all of it is dumped', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, [...messages(2), ...messages(1, { delay: 100 }, 2)])
    const held = claim(at, { limit: 1 })
    await commit(stores, held)
    const before = await stores.data.dump(at, START, 10)
    await commit(stores, { op: 'seal', at })
    t.same(await listed(stores, at, EVERYTHING), [])
    t.same((await stores.data.get(at, ids)).messages, [])
    t.equal(await stores.data.claim(at, held.id), null)
    t.equal(await stores.data.position(at, first(ids)), null)
    t.match(await stores.data.stats(at), { free: 0, claimed: 0, delayed: 0, oldest: null, newest: null })
    t.same(await stores.data.dump(at, START, 10), before)
    t.equal(before.messages.length, 3)
  })

  t.test('a dump tells all that is known of live messages, page by page', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, [...messages(1, { ttl: 60 }), ...messages(1, {}, 1), ...messages(1, { delay: 200 }, 2), ...messages(2, {}, 3)])
    stores.tick(60)
    const held = claim(at, { limit: 1, ttl: 400, grace: 100 })
    const { now } = await expected(stores, held, 'claimed')
    stores.tick(1)
    const all: StoredMessage[] = []
    const nexts = new Set<Sequence>()
    for (let after = START; ; ) {
      const { next, messages: page } = await stores.data.dump(at, after, 2)
      nexts.add(next)
      if (page.length === 0) break
      t.ok(page.length <= 2)
      all.push(...page)
      after = page.at(-1)?.sequence ?? after
    }
    t.same(all.map(({ id }) => id), ids.slice(1), 'what has expired is not in it')
    const posting = { ttl: 300, created: now - 60_000, until: now + 240_000, shownTtl: 300, from: 0, claim: null, claims: 0, origin: null }
    t.match(all, [
      { ...posting, body: '1', shownTtl: 500, until: now + 500_000, from: now + 400_000, claims: 1, claim: { id: held.id, ttl: 400, since: now } },
      { ...posting, body: '2', from: now + 140_000 },
      { ...posting, body: '3' },
      { ...posting, body: '4' },
    ])
    t.equal(nexts.size, 1)
    const later = first(await posted(stores, at, messages(1)))
    t.equal((await got(stores, at, later))?.sequence, first([...nexts]), 'the next post gets the position that was told')
  })

  t.test('what is over when a queue is dumped is dumped as free', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(2), ...messages(1, { delay: 50 }, 2)])
    const [lapsed, released] = [claim(at, { limit: 1 }), claim(at, { limit: 1 })]
    await commit(stores, lapsed)
    await commit(stores, released)
    await commit(stores, { op: 'release', at, claim: released.id })
    stores.tick(60)
    for (const swept of ['before', 'after']) {
      const { messages: all } = await stores.data.dump(at, START, 10)
      t.match(all, [{ from: 0, claims: 1, claim: { id: lapsed.id } }, { from: 0, claims: 0, claim: null }, { from: 0, claims: 0, claim: null }], `${swept} the sweep`)
      await settleAll(stores)
    }
  })

  t.test('a queue that nothing was posted to is sealed as well', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    t.same(await stores.data.dump(at, START, 10), { next: 1, messages: [] })
    t.same(await commit(stores, { op: 'seal', at }), { is: 'sealed' })
    t.same(await commit(stores, post(at, messages(1))), { is: 'elsewhere' })
    t.same(await stores.data.dump(at, START, 10), { next: 1, messages: [] })
  })

  t.test('a sealed queue that is dropped gives its space back and is elsewhere still', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(250))
    await commit(stores, { op: 'seal', at })
    t.equal((await usage(stores)).messages, 250, 'it counts until it is dropped')
    t.same(await commit(stores, { op: 'drop', at }), { is: 'dropped' })
    t.same(await usage(stores), { messages: 0, bytes: 0 })
    // A store may wait until no late writer can find a position free that was taken.
    stores.tick(60)
    let slices = 0
    for (let more = true; more; slices++) more = (await stores.data.settle(100)).more
    t.ok(slices >= 3, `${String(slices)} slices of 100 for 250 messages`)
    t.same(await commit(stores, post(at, messages(1))), { is: 'elsewhere' })
    t.same(await commit(stores, { op: 'drop', at }), { is: 'dropped' }, 'twice is once')
    t.equal(await stores.data.stands(at), true)
    t.same((await stores.data.dump(at, START, 10)).messages, [])
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
  })

  t.test('a dropped queue is not sealed', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(1))
    await commit(stores, { op: 'drop', at })
    t.same(await commit(stores, { op: 'seal', at }), { is: 'gone' })
    t.equal(await stores.data.stands(at), false)
    t.same((await stores.data.dump(at, START, 10)).messages, [])
  })

  t.test('what has expired in a sealed queue is swept', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(3, { ttl: 60 }), ...messages(1, {}, 3)])
    await commit(stores, { op: 'seal', at })
    stores.tick(60)
    await settleAll(stores)
    t.equal((await usage(stores)).messages, 1)
    t.match((await stores.data.dump(at, START, 10)).messages, [{ body: '3' }])
  })

  t.test('posts that race with a seal are in the dump, or were refused', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const posts = Array.from({ length: 20 }, (_, index) => commit(stores, post(at, messages(2, {}, index * 2))))
    const sealed = commit(stores, { op: 'seal', at })
    const later = Array.from({ length: 20 }, (_, index) => commit(stores, post(at, messages(2, {}, 40 + index * 2))))
    t.same(await sealed, { is: 'sealed' })
    const ids = (await Promise.all([...posts, ...later])).flatMap(outcome => (outcome.is === 'posted' ? outcome.ids : []))
    t.same((await stores.data.dump(at, START, 1000)).messages.map(({ id }) => id).sort(), [...ids].sort())
  })

  t.test('a unit that touches a sealed queue leaves no trace', needs('units', capabilities), async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const other = await queue(stores, 'other')
    await commit(stores, { op: 'seal', at })
    const outcomes = await stores.data.commit([post(other, messages(1)), { op: 'release', at, claim: claimId() }])
    t.equal(outcomes.at(-1)?.is, 'elsewhere')
    t.same(await listed(stores, other), [])
  })
}
