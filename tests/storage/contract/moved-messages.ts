import type { JsonText } from '../../../lib/model/json.ts'
import { messageIdOf, START } from '../../../lib/model/names.ts'
import {
  ALICE, BOB, claim, claimed, claimId, commit, expected, first, FREE, got, listed, messages, posted, queue, remove, settleAll, usage, type Suite,
} from './fixture.ts'
import { failing, moved, queues, round } from './rounds.ts'

/** What a message is in the dead-letter queue that it was moved to. */
export const movedMessageContract: Suite = (t, open) => {
  t.test('moved messages go to the tail, one after the other, and remember who posted them', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    await posted(stores, to, messages(1, {}, 100), BOB)
    const marker = (await stores.data.read(to, FREE)).messages[0]?.sequence ?? START
    await posted(stores, at, messages(1, {}, 0), ALICE)
    await posted(stores, at, messages(1, {}, 1), BOB)
    await round(stores, at)
    await round(stores, at, deadLetter)
    await posted(stores, to, messages(1, {}, 101), ALICE)
    t.same(await listed(stores, to), [100, 0, 1, 101])
    t.same(await listed(stores, to, { after: marker }), [0, 1, 101], 'a reader that pages by marker sees them')
    t.same(await listed(stores, to, { notFrom: ALICE }), [100, 1])
    t.same(await listed(stores, to, { notFrom: BOB }), [0, 101])
  })

  t.test('a moved message is found by its id where it is, and no longer where it was', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const ids = await moved(stores, at, deadLetter, 3)
    const own = first(await posted(stores, to, messages(1, {}, 3)))
    t.same((await stores.data.get(to, [...ids, own])).messages.map(({ id, body }) => [id, body]), [...ids, own].map((id, index) => [id, String(index)]))
    t.same((await stores.data.get(at, ids)).messages, [])
    const { messages: all } = await stores.data.read(to, FREE)
    t.same(all.map(({ id }) => id), [...ids, own], 'pages show the same ids')
    const { oldest } = await stores.data.stats(to)
    t.equal(oldest?.id, ids[0], 'and stats')
    t.same(await Promise.all(ids.map(id => stores.data.position(to, id))), all.slice(0, 3).map(({ sequence }) => sequence))
    t.equal(await stores.data.position(to, own), null, 'what was posted here was not moved here')
    t.equal(await stores.data.position(at, first(ids)), null)
    const byPosition = all.slice(0, 1).map(({ sequence }) => messageIdOf(to.epoch, sequence))
    t.same((await stores.data.get(to, byPosition)).messages, [], 'it has one id only')
    t.same(await commit(stores, remove(to, byPosition)), { is: 'removed', each: ['absent'] })
    t.same(await commit(stores, remove(at, ids)), { is: 'removed', each: ['absent', 'absent', 'absent'] })
    t.same(await commit(stores, remove(to, [...ids.slice(1), own])), { is: 'removed', each: ['removed', 'removed', 'removed'] })
    t.same(await listed(stores, to), [0])
  })

  t.test('nothing is left of a moved message that is removed, popped, purged or expired', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const ids = await moved(stores, at, deadLetter, 4)
    const ends: (() => Promise<unknown>)[] = [
      () => commit(stores, remove(to, ids.slice(0, 1))),
      () => commit(stores, { op: 'pop', at: to, limit: 1 }),
      async () => { await commit(stores, { op: 'purge', at: to, through: (await got(stores, to, ids[2] ?? first(ids)))?.sequence ?? START, limit: 10 }) },
      async () => { stores.tick(300) },
    ]
    for (const [index, id] of ids.entries()) {
      t.not(await stores.data.position(to, id), null)
      await ends[index]?.()
      t.equal(await stores.data.position(to, id), null)
      t.equal(await got(stores, to, id), null)
      t.same(await commit(stores, remove(to, [id])), { is: 'removed', each: ['absent'] })
    }
    await settleAll(stores)
    t.same(await usage(stores), { messages: 0, bytes: 0 })
  })

  t.test('a moved message is claimed, renewed, released and deleted as any other', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const id = first(await moved(stores, at, deadLetter))
    const origin = (await got(stores, to, id))?.origin ?? null
    t.not(origin, null)
    const operation = claim(to)
    t.match(await claimed(stores, operation), [{ id, claims: 1, claim: operation.id, origin }])
    t.match(await got(stores, to, id), { claim: operation.id, claims: 1, origin })
    t.same(await commit(stores, remove(to, [id])), { is: 'removed', each: ['removed'] })
    const other = first(await moved(stores, at, deadLetter))
    const second = claim(to)
    await commit(stores, second)
    t.same(await commit(stores, { op: 'renew', at: to, claim: second.id, ttl: 100, grace: 60 }), { is: 'renewed' })
    t.same(await commit(stores, remove(to, [other], { kind: 'held_by', claim: claimId() })), { is: 'removed', each: ['claimed'] })
    await commit(stores, { op: 'release', at: to, claim: second.id })
    t.match(await got(stores, to, other), { claim: null, claims: 0, origin: { queue: at.queue } })
    t.same(await commit(stores, remove(to, [other], { kind: 'held_by', claim: second.id })), { is: 'removed', each: ['unclaimed'] })
  })

  t.test('the claim under which a message was last handed out means nothing in the dead-letter queue', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const id = first(await posted(stores, at, messages(1)))
    const operation = claim(at)
    await commit(stores, operation)
    stores.tick(60)
    await round(stores, at, deadLetter)
    t.same(await commit(stores, remove(at, [id], { kind: 'held_by', claim: operation.id })), { is: 'removed', each: ['absent'] })
    t.same(await commit(stores, remove(to, [id], { kind: 'held_by', claim: operation.id })), { is: 'removed', each: ['unclaimed'] })
    t.equal(await stores.data.claim(to, operation.id), null)
  })

  t.test('a life for the dead-letter queue is counted from the move; without one the end stays', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    for (const [ttl, shown, left] of [[null, 300, 180], [100, 100, 100], [1000, 1000, 1000]] as const) {
      const id = first(await posted(stores, at, messages(1, { ttl: 300 })))
      await round(stores, at)
      stores.tick(60)
      await commit(stores, failing(at, { ...deadLetter, ttl }))
      t.equal((await got(stores, to, id))?.ttl, shown)
      stores.tick(left - 0.001)
      t.equal((await got(stores, to, id))?.body, '0', `after nearly ${String(left)} seconds`)
      stores.tick(0.001)
      t.equal(await got(stores, to, id), null, `after ${String(left)} seconds`)
    }
  })

  t.test('the life that a claim gave a message goes with it', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const id = first(await posted(stores, at, messages(1, { ttl: 60 })))
    await claimed(stores, claim(at, { ttl: 60, grace: 100 }))
    stores.tick(60)
    await commit(stores, failing(at, deadLetter))
    t.equal((await got(stores, to, id))?.ttl, 160)
    stores.tick(99.999)
    t.equal((await got(stores, to, id))?.body, '0')
    stores.tick(0.001)
    t.equal(await got(stores, to, id), null)
  })

  t.test('a message that is moved on keeps its first id, and tells of its last move', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores, { ttl: 1000 })
    const last = await queue(stores, 'very-dead')
    const id = first(await moved(stores, at, deadLetter))
    await round(stores, to)
    const { now } = await expected(stores, failing(to, { to: last, after: 1, ttl: null }), 'claimed')
    t.match(await got(stores, last, id), { id, body: '0', claims: 0, origin: { queue: to.queue, at: now, claims: 1 } })
    t.same([await got(stores, at, id), await got(stores, to, id)], [null, null])
    t.equal(await stores.data.position(to, id), null)
    t.same(await commit(stores, remove(last, [id])), { is: 'removed', each: ['removed'] })
  })

  t.test('a message may come back to the queue that it was posted to', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores, { ttl: 1000 })
    const id = first(await moved(stores, at, deadLetter))
    await posted(stores, at, messages(1, {}, 1))
    await round(stores, to)
    await commit(stores, failing(to, { ...deadLetter, to: at }))
    t.same(await listed(stores, at), [1, 0])
    const back = await got(stores, at, id)
    t.match(back, { id, body: '0', origin: { queue: to.queue } })
    t.equal(await stores.data.position(at, id), back?.sequence)
    t.same(await commit(stores, remove(at, [id])), { is: 'removed', each: ['removed'] })
    t.same(await listed(stores, at), [1])
  })

  t.test('a body of any JSON is moved byte for byte', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const bodies = ['null', '1.0', '12345678901234567890', '"\\u00e9 é 😀"', '{"a":1,"a":2}', '[ 1 , 2 ]', '{"a.b":{"$c":""}}'] as JsonText[]
    await posted(stores, at, bodies.map(body => ({ body, ttl: 300, delay: 0 })))
    await round(stores, at)
    await round(stores, at, deadLetter)
    t.same((await stores.data.read(to, FREE)).messages.map(({ body }) => body), bodies)
  })
}
