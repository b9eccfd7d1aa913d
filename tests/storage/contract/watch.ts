import type { Test } from 'tap'
import { START } from '../../../lib/model/names.ts'
import type { QueueKey, Stores } from '../../../lib/storage/contract.ts'
import { until } from '../../helpers/until.ts'
import { claim, claimed, commit, EVERYTHING, expected, listed, messages, name, newQueue, numbers, posted, PROJECT, queue, type Suite } from './fixture.ts'

/** What a watcher was told. */
interface Heard {
  readonly calls: number[]
  /** How many messages it was told of since the last time that this was asked. */
  count(): number
  stop(): void
}

function listen(t: Test, { data }: Stores, at: QueueKey): Heard {
  const calls: number[] = []
  let seen = 0
  const stop = data.watch(at, told => { calls.push(told) })
  t.teardown(stop)
  return {
    calls, stop,
    count() {
      const sum = calls.slice(seen).reduce((all, told) => all + told, 0)
      seen = calls.length
      return sum
    },
  }
}

/** Waits until a watcher was told of so many messages; that it was is the promise, when it was is not. */
async function told(heard: Heard, atLeast: number, what: string): Promise<void> {
  let sum = 0
  await until(`a watcher is told of ${what}`, () => (sum += heard.count()) >= atLeast)
}

/** Being told of what is new in a queue, so that nobody has to ask again and again. */
export const watchContract: Suite = (t, open) => {
  t.test('who watches a queue is told of posts to it, and of how many messages', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const heard = listen(t, stores, at)
    await posted(stores, at, messages(1))
    await told(heard, 1, 'a post')
    await posted(stores, at, messages(7))
    await told(heard, 7, 'seven messages')
    t.same(numbers(await claimed(stores, claim(at))), [0, 0, 1, 2, 3, 4, 5, 6])
  })

  t.test('a queue that nothing was posted to yet can be watched, and one with messages in it', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(3))
    const heard = listen(t, stores, at)
    await posted(stores, at, messages(1, {}, 3))
    await told(heard, 1, 'a post behind others')
    t.same(await listed(stores, at), [0, 1, 2, 3])
  })

  t.test('what is told is there when it is told', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const found: Promise<number[]>[] = []
    t.teardown(stores.data.watch(at, () => { found.push(listed(stores, at).catch(() => [])) }))
    await posted(stores, at, messages(1, {}, 5))
    await until('a watcher finds the message', async () => (await Promise.all(found)).some(list => list.includes(5)))
  })

  t.test('a released claim is told', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(3))
    const operation = claim(at)
    await commit(stores, operation)
    const heard = listen(t, stores, at)
    await commit(stores, { op: 'release', at, claim: operation.id })
    await told(heard, 3, 'a release')
  })

  t.test('the end of a claim is told, when it was made before and when it was made after the watch began', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(3))
    await commit(stores, claim(at, { limit: 1, ttl: 60 }))
    const heard = listen(t, stores, at)
    await commit(stores, claim(at, { limit: 2, ttl: 90 }))
    heard.count()
    stores.tick(60)
    await told(heard, 1, 'the end of the first')
    t.same(await listed(stores, at), [0])
    stores.tick(30)
    await told(heard, 2, 'the end of the second')
    t.same(await listed(stores, at), [0, 1, 2])
  })

  t.test('the end of a claim that was renewed is told when it comes', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(1))
    const operation = claim(at, { ttl: 60 })
    await commit(stores, operation)
    const heard = listen(t, stores, at)
    stores.tick(50)
    await expected(stores, { op: 'renew', at, claim: operation.id, ttl: 60, grace: 60 }, 'renewed')
    stores.tick(50)
    t.same(await listed(stores, at), [])
    heard.count()
    stores.tick(10)
    await told(heard, 1, 'the end')
  })

  t.test('the end of a delay is told, and so is the post for those who see what is delayed', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const heard = listen(t, stores, at)
    await posted(stores, at, messages(1, { delay: 100 }))
    await until('a watcher is told of the delayed post', () => heard.calls.length > 0)
    t.same(await listed(stores, at, EVERYTHING), [0])
    heard.count()
    stores.tick(100)
    await told(heard, 1, 'the end of the delay')
    t.same(await listed(stores, at), [0])
  })

  t.test('ends of claims and delays are told one after the other', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, [...messages(1, { delay: 10 }), ...messages(1, { delay: 20 }, 1), ...messages(1, { delay: 20 }, 2), ...messages(1, { delay: 30 }, 3)])
    const heard = listen(t, stores, at)
    for (const there of [1, 3, 4]) {
      heard.count()
      stores.tick(10)
      await told(heard, 1, `${String(there)} messages`)
      t.equal((await listed(stores, at)).length, there)
    }
  })

  t.test('messages that move into a dead-letter queue are told there', async t => {
    const stores = await open(t)
    const [at, dead] = [await queue(stores), await queue(stores, 'dead')]
    await posted(stores, at, messages(2))
    await commit(stores, claim(at, { limit: 2, ttl: 60 }))
    stores.tick(60)
    const heard = listen(t, stores, dead)
    const { moved } = await expected(stores, claim(at, { deadLetter: { to: dead, after: 1, ttl: null } }), 'claimed')
    t.equal(moved, 2)
    await told(heard, 2, 'dead letters')
    t.same(await listed(stores, dead), [0, 1])
  })

  t.test('messages that come from another store are told', async t => {
    const [from, to] = [await open(t), await open(t)]
    const at = await queue(from)
    await posted(from, at, messages(2))
    await commit(from, { op: 'seal', at })
    const { next, messages: all } = await from.data.dump(at, START, 10)
    const heard = listen(t, to, at)
    await commit(to, { op: 'restore', at, next, messages: all })
    await told(heard, 2, 'a restore')
  })

  t.test('nobody is told after the watch was ended', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const [heard, ended] = [listen(t, stores, at), listen(t, stores, at)]
    await posted(stores, at, messages(1))
    await told(heard, 1, 'the first post')
    await told(ended, 1, 'the first post')
    ended.stop()
    ended.count()
    await posted(stores, at, messages(1))
    await told(heard, 1, 'the second post')
    t.equal(ended.count(), 0)
  })

  t.test('a queue is watched by several, and each is told', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const all = Array.from({ length: 5 }, () => listen(t, stores, at))
    await posted(stores, at, messages(1))
    for (const heard of all) await told(heard, 1, 'a post')
  })

  t.test('who watches a name is told when a queue comes to stand there, and when it goes', async t => {
    const stores = await open(t)
    let changes = 0
    t.teardown(stores.control.watch({ project: PROJECT, queue: name('later') }, () => { changes++ }))
    await queue(stores, 'other')
    const at = await queue(stores, 'later')
    await until('a watcher is told of the queue', () => changes > 0)
    changes = 0
    await stores.control.removeQueue(at)
    await until('a watcher is told that it is no more', () => changes > 0)
    changes = 0
    await stores.control.createQueue(PROJECT, name('later'), newQueue())
    await until('a watcher is told of the next one', () => changes > 0)
  })
}
