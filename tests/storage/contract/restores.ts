import type { Test } from 'tap'
import type { JsonText } from '../../../lib/model/json.ts'
import { START, type Sequence } from '../../../lib/model/names.ts'
import type { QueueKey } from '../../../lib/storage/contract.ts'
import type { StoredMessage } from '../../../lib/storage/dump.ts'
import {
  ALICE, BOB, claim, claimed, commit, counts, EVERYTHING, expected, first, FREE, got, listed, messages, numbers, post, posted, queue, range, remove, settleAll, usage,
  type Fixture, type Open, type Suite,
} from './fixture.ts'
import { failing, round } from './rounds.ts'

/**
 * Queues that are copied to another store under the epoch that they have. Nobody creates a queue in the other store, whose epochs may
 * be the same numbers.
 */
export const restoreContract: Suite = (t, open) => {
  t.test('a restored queue is what it was', async t => {
    const { from, to, at } = await pair(t, open)
    await posted(from, at, messages(2), ALICE)
    await posted(from, at, [...messages(1, { delay: 100 }, 2), ...messages(1, { ttl: 90 }, 3), ...messages(1, {}, 4)], BOB)
    await commit(from, claim(at, { limit: 1, ttl: 200 }))
    const [read, stats] = [await from.data.read(at, EVERYTHING), await from.data.stats(at)]
    await carry(from, to, at)
    t.same((await to.data.read(at, EVERYTHING)).messages, read.messages)
    t.same(await to.data.stats(at), stats)
    t.same(await listed(to, at), [1, 3, 4])
    t.same(await listed(to, at, { notFrom: BOB }), [1])
    t.same((await to.data.get(at, read.messages.map(({ id }) => id))).messages, read.messages)
    t.same(await counts(to, at), { free: 3, claimed: 1, delayed: 1 })
    to.tick(90)
    t.same(await listed(to, at), [1, 4], 'what it had left to live')
    to.tick(10)
    t.same(await listed(to, at), [1, 2, 4], 'what its delay had left')
    to.tick(100)
    t.same(numbers(await claimed(to, claim(at))), [0, 1, 2, 4], 'what its claim had left')
    t.equal(await to.data.stands(at), true)
  })

  t.test('what was dumped and restored dumps the same', async t => {
    const { from, to, at } = await pair(t, open)
    await posted(from, at, [...messages(20), ...messages(5, { delay: 100 }, 20)])
    await commit(from, claim(at, { limit: 3, ttl: 400 }))
    const released = claim(at, { limit: 3, ttl: 400 })
    await commit(from, released)
    await commit(from, { op: 'release', at, claim: released.id })
    await carry(from, to, at)
    t.same(await to.data.dump(at, START, 100), await from.data.dump(at, START, 100))
  })

  t.test('bodies are carried over byte for byte', async t => {
    const { from, to, at } = await pair(t, open)
    const bodies = ['null', '1.0', '12345678901234567890', '"\\u00e9 é 😀"', '{"a":1,"a":2}', '{"a.b":{"$c":""}}', `"${'x'.repeat(200_000)}"`] as JsonText[]
    await posted(from, at, bodies.map(body => ({ body, ttl: 60, delay: 0 })))
    await carry(from, to, at)
    t.same((await to.data.read(at, EVERYTHING)).messages.map(({ body }) => body), bodies)
  })

  t.test('a claim goes on where its messages are, however many parts they came in', async t => {
    const { from, to, at } = await pair(t, open)
    const ids = await posted(from, at, messages(6))
    const held = claim(at, { limit: 5, ttl: 100 })
    await commit(from, held)
    from.tick(10)
    const before = await from.data.claim(at, held.id)
    to.tick(10)
    await carry(from, to, at, 2)
    t.same(await to.data.claim(at, held.id), before)
    const check = { kind: 'held_by', claim: held.id } as const
    t.same(await commit(to, remove(at, ids.slice(0, 1), { kind: 'unclaimed' })), { is: 'removed', each: ['claimed'] })
    t.same(await commit(to, remove(at, ids.slice(0, 1), check)), { is: 'removed', each: ['removed'] })
    t.same(await commit(to, { op: 'renew', at, claim: held.id, ttl: 200, grace: 60 }), { is: 'renewed' })
    to.tick(199)
    t.same(await listed(to, at), [5])
    t.same(await commit(to, { op: 'release', at, claim: held.id }), { is: 'released' })
    t.same(await listed(to, at), range(6, 1))
    t.equal(await to.data.claim(at, held.id), null)
    t.match(await got(to, at, ids[1] ?? first(ids)), { claims: 0 })
  })

  t.test('a claim that runs out after the move frees its messages, and is told to have lapsed', async t => {
    const { from, to, at } = await pair(t, open)
    const ids = await posted(from, at, messages(3))
    const [lapsed, running] = [claim(at, { limit: 1, ttl: 60 }), claim(at, { limit: 1, ttl: 100 })]
    await commit(from, lapsed)
    await commit(from, running)
    from.tick(60)
    to.tick(60)
    await carry(from, to, at)
    t.same(await listed(to, at), [0, 2])
    t.equal(await to.data.claim(at, lapsed.id), null)
    const lateDelete = async (index: number, id: typeof lapsed.id) => commit(to, remove(at, ids.slice(index, index + 1), { kind: 'held_by', claim: id }))
    t.same(await lateDelete(0, lapsed.id), { is: 'removed', each: ['lapsed'] })
    to.tick(40)
    t.same(await lateDelete(1, running.id), { is: 'removed', each: ['lapsed'] })
    await settleAll(to)
    t.same(await listed(to, at), [0, 1, 2])
    t.match(await got(to, at, first(ids)), { claims: 1 })
  })

  t.test('how often messages were handed out is carried over', async t => {
    const { from, to, at } = await pair(t, open)
    const dead = await queue(from, 'dead')
    const id = first(await posted(from, at, messages(1)))
    await round(from, at)
    to.tick(60)
    await carry(from, to, at)
    t.match(await commit(to, failing(at, { to: dead, after: 1, ttl: null })), { is: 'claimed', moved: 1, messages: [] })
    t.match(await got(to, dead, id), { id, body: '0', origin: { queue: at.queue, claims: 1 } })
  })

  t.test('messages that were moved into the queue keep their ids and where they came from', async t => {
    const { from, to, at } = await pair(t, open)
    const source = await queue(from, 'source')
    await posted(from, at, messages(1, {}, 10))
    const id = first(await posted(from, source, messages(1)))
    await round(from, source)
    await commit(from, failing(source, { to: at, after: 1, ttl: 500 }))
    to.tick(60)
    const before = await got(from, at, id)
    await carry(from, to, at)
    t.same(await got(to, at, id), before)
    t.equal(await to.data.position(at, id), before?.sequence)
    t.same((await to.data.read(at, FREE)).messages.map(({ body, origin }) => [body, origin?.queue]), [['10', undefined], ['0', 'source']])
    t.same(await commit(to, remove(at, [id])), { is: 'removed', each: ['removed'] })
    t.equal(await to.data.position(at, id), null)
    await carry(from, to, at)
    t.same(await got(to, at, id), before, 'and again')
  })

  t.test('a restore that is repeated, in other parts, changes nothing', async t => {
    const { from, to, at } = await pair(t, open)
    await posted(from, at, [...messages(10), ...messages(2, { delay: 100 }, 10)])
    const held = claim(at, { limit: 5, ttl: 100 })
    await commit(from, held)
    await carry(from, to, at, 3)
    const before = [await to.data.dump(at, START, 100), await to.data.claim(at, held.id), await to.data.stats(at), await usage(to)]
    await carry(from, to, at, 7)
    t.same([await to.data.dump(at, START, 100), await to.data.claim(at, held.id), await to.data.stats(at), await usage(to)], before)
    await commit(to, { op: 'release', at, claim: held.id })
    t.same(numbers(await claimed(to, claim(at, { limit: 20 }))), range(10))
  })

  t.test('what a restore brings counts for the project', async t => {
    const { from, to, at } = await pair(t, open)
    await posted(from, at, messages(4, { body: '"12345678"' as JsonText }))
    await carry(from, to, at)
    t.same(await usage(to), { messages: 4, bytes: 40 })
    t.same(await commit(to, { ...post(at, messages(1)), allowance: { messages: 4, bytes: Infinity } }), { is: 'over_quota', quota: 'messages', limit: 4, used: 4 })
    to.tick(300)
    await settleAll(to)
    t.same(await usage(to), { messages: 0, bytes: 0 })
  })

  t.test('posts go on after the last position that was ever given', async t => {
    const { from, to, at } = await pair(t, open)
    const ids = await posted(from, at, messages(5))
    await commit(from, remove(at, ids.slice(1)))
    const { next } = await from.data.dump(at, START, 10)
    await carry(from, to, at)
    t.equal((await to.data.dump(at, START, 10)).next, next)
    const id = first(await posted(to, at, messages(1, {}, 5)))
    t.equal((await got(to, at, id))?.sequence, next)
    t.notOk(ids.includes(id))
    t.same(await commit(to, { op: 'restore', at, next: 1 as Sequence, messages: [] }), { is: 'restored' })
    t.equal((await to.data.dump(at, START, 10)).next, next + 1, 'it never goes back')
  })

  t.test('an empty queue is restored by its next position alone', async t => {
    const { from, to, at } = await pair(t, open)
    await posted(from, at, messages(40))
    await expected(from, { op: 'pop', at, limit: 40 }, 'popped')
    await carry(from, to, at)
    t.equal((await got(to, at, first(await posted(to, at, messages(1)))))?.sequence, 41)
  })

  t.test('nothing is restored over a queue that was dropped or sealed', async t => {
    const { to, at } = await pair(t, open)
    await commit(to, { op: 'drop', at })
    t.same(await commit(to, { op: 'restore', at, next: 2 as Sequence, messages: [] }), { is: 'gone' })
    const other = await pair(t, open)
    await commit(other.to, { op: 'seal', at: other.at })
    t.same(await commit(other.to, { op: 'restore', at: other.at, next: 2 as Sequence, messages: [] }), { is: 'elsewhere' })
  })

  t.test('a restored message lies where it lay, between others', async t => {
    const { from, to, at } = await pair(t, open)
    await posted(from, at, messages(70))
    const { next, messages: all } = await from.data.dump(at, START, 100)
    const parts: readonly StoredMessage[][] = [all.slice(60), all.slice(0, 10), all.slice(10, 60)]
    for (const part of parts) await commit(to, { op: 'restore', at, next, messages: part })
    t.same(await listed(to, at), range(70))
    t.same(await listed(to, at, { after: all[59]?.sequence ?? START }), range(70, 60))
  })
}

/** Two stores, and a queue that is in the first. */
async function pair(t: Test, open: Open): Promise<{ readonly from: Fixture; readonly to: Fixture; readonly at: QueueKey }> {
  const [from, to] = [await open(t), await open(t)]
  return { from, to, at: await queue(from) }
}

/** Seals a queue and copies it, so many messages at a time. */
async function carry(from: Fixture, to: Fixture, at: QueueKey, atOnce = 100): Promise<void> {
  await commit(from, { op: 'seal', at })
  for (let after = START; ; ) {
    const { next, messages: part } = await from.data.dump(at, after, atOnce)
    await expected(to, { op: 'restore', at, next, messages: part }, 'restored')
    if (part.length === 0) return
    after = part.at(-1)?.sequence ?? after
  }
}
