/** Waiting without a store: the store is played by hand. */
import t, { type Test } from 'tap'
import type { QueueRecord } from '../../../lib/storage/contract.ts'
import { LONG, PLACE, Played } from '../../helpers/played-queue.ts'

function played(t: Test, limits?: ConstructorParameters<typeof Played>[0]): Played {
  const made = new Played(limits)
  t.teardown(() => { made.waiters.drain() })
  return made
}

/** Resolves when another wait has come to its end: one that began now, so after all of this length that began before. */
async function laterWait(t: Test, forMs: number): Promise<void> {
  await played(t).look(0, forMs)
}

t.test('what is there is taken at once, and nothing is watched for it', async t => {
  const queue = played(t)
  queue.free = [1]
  t.same(await queue.take('a'), [1])
  t.equal(queue.watches, 0)
})

t.test('who waits longest is served first, and one message wakes one', async t => {
  const queue = played(t)
  const order: string[] = []
  const waits = ['a', 'b', 'c'].map(async who => {
    const taken = await queue.take(who)
    order.push(`${who} ${String(taken)}`)
  })
  await queue.settle()
  queue.tries.length = 0
  queue.post(1)
  await queue.settle()
  t.same([order, queue.tries], [['a 1'], ['a']])
  queue.post(2)
  queue.post(3)
  await Promise.all(waits)
  t.same([order, queue.tries], [['a 1', 'b 2', 'c 3'], ['a', 'b', 'c']])
})

t.test('several messages at once wake as many as can take them, together', async t => {
  const queue = played(t)
  const waits = [queue.take('a', { takes: 2 }), queue.take('b', { takes: 2 }), queue.take('c', { takes: 2 })]
  await queue.settle()
  queue.tries.length = 0
  queue.post(1, 2, 3)
  t.same(queue.tries, ['a', 'b'])
  t.same(await Promise.all(waits.slice(0, 2)), [[1, 2], [3]])
  queue.post(4)
  t.same(await waits[2], [4])
})

t.test('who comes while others wait stands behind them', async t => {
  const queue = played(t)
  const first = queue.take('first')
  await queue.settle()
  queue.tries.length = 0
  const second = queue.take('second')
  await queue.settle()
  t.same(queue.tries, [], 'it need not try')
  queue.post(1)
  t.same(await first, [1])
  queue.post(2)
  t.same(await second, [2])
})

t.test('who was woken in vain keeps its place', async t => {
  const queue = played(t)
  const waits = [queue.take('a'), queue.take('b')]
  await queue.settle()
  queue.tries.length = 0
  queue.post()
  queue.free = []
  queue.post(1)
  queue.free = []
  await queue.settle()
  queue.post(2)
  t.same(await waits[0], [2])
  t.same(queue.tries, ['a', 'a'])
  queue.post(3)
  t.same(await waits[1], [3])
})

t.test('what comes while somebody tries is not missed', async t => {
  const queue = played(t)
  let open: (value?: unknown) => void = () => undefined
  const wait = queue.take('a')
  await queue.settle()
  queue.gate = new Promise(resolve => { open = resolve })
  queue.post(1)
  queue.free = []
  queue.post(2)
  queue.free = []
  const late = queue.take('b')
  await queue.settle()
  queue.gate = Promise.resolve()
  open()
  await queue.settle()
  queue.post(3)
  queue.post(4)
  t.same(await wait, [3])
  t.same(await late, [4])
})

t.test('what is offered to somebody who tries meanwhile goes to others when that one has enough', async t => {
  const queue = played(t)
  let open: (value?: unknown) => void = () => undefined
  const waits = ['a', 'b', 'c'].map(who => queue.take(who))
  await queue.settle()
  queue.gate = new Promise(resolve => { open = resolve })
  queue.post(1)
  queue.free = []
  queue.post(2)
  queue.post(3)
  queue.post(4)
  queue.gate = Promise.resolve()
  open()
  t.same(await Promise.all(waits), [[2], [3], [4]], 'a has looked in vain, and comes first all the same')
})

t.test('all who look are told, those who take meanwhile stay in their order', async t => {
  const queue = played(t)
  const looks = [queue.look(0), queue.look(0), queue.look(1)]
  await queue.settle()
  queue.post(1)
  t.same(await Promise.all(looks.slice(0, 2)), [1, 1])
  queue.post(2)
  t.equal(await looks[2], 2)
})

t.test('a wait ends after its time with nothing', async t => {
  const queue = played(t)
  const began = performance.now()
  t.equal(await queue.take('a', { forMs: 50 }), null)
  t.ok(performance.now() - began >= 45)
  t.equal(await queue.look(0, 20), null)
})

t.test('who is gone takes nothing, and its turn goes to the next', async t => {
  const queue = played(t)
  const gone = new AbortController()
  const [a, b] = [queue.take('a', { gone: gone.signal }), queue.take('b')]
  await queue.settle()
  queue.tries.length = 0
  gone.abort()
  t.equal(await a, null)
  queue.post(1)
  t.same([await b, queue.tries], [[1], ['b']])
})

t.test('what was taken for one who went meanwhile is given back', async t => {
  const queue = played(t)
  let open: (value?: unknown) => void = () => undefined
  const gone = new AbortController()
  const [a, b] = [queue.take('a', { gone: gone.signal }), queue.take('b')]
  await queue.settle()
  queue.gate = new Promise(resolve => { open = resolve })
  queue.post(1)
  gone.abort()
  queue.gate = Promise.resolve()
  open()
  t.same([await a, await b], [null, [1]])
})

t.test('a wait that ends while it tries answers what it finds', async t => {
  const queue = played(t)
  let open: (value?: unknown) => void = () => undefined
  const wait = queue.take('a', { forMs: 30 })
  await queue.settle()
  queue.gate = new Promise(resolve => { open = resolve })
  queue.post(1)
  await laterWait(t, 30)
  open()
  t.same(await wait, [1])
})

t.test('a try that fails fails its wait alone, and the next tries', async t => {
  const queue = played(t)
  const failing = queue.waiters.wait({
    place: PLACE, takes: 1, forMs: LONG, gone: new AbortController().signal,
    attempt: () => queue.free.length > 0 ? Promise.reject(new Error('on purpose')) : Promise.resolve(null),
  })
  const next = queue.take('b')
  await queue.settle()
  queue.post(1)
  await t.rejects(failing, { message: 'on purpose' })
  t.same(await next, [1])
})

t.test('drain answers all at once, and nobody waits any more', async t => {
  const queue = played(t)
  const waits = [queue.take('a'), queue.take('b'), queue.look(0)]
  await queue.settle()
  queue.waiters.drain()
  t.same(await Promise.all(waits), [null, null, null])
  t.equal(await queue.take('late'), null)
  t.equal(queue.watches, 0)
  queue.free = [1]
  t.same(await queue.take('lucky'), [1], 'what is there is given')
})

t.test('a queue that comes to be is watched from then on, and so is one that takes its place', async t => {
  const queue = played(t)
  const { record } = queue
  queue.record = null
  const wait = queue.take('a')
  await queue.settle()
  t.equal(queue.watches, 0)
  queue.record = record
  queue.change()
  await queue.settle()
  t.equal(queue.watches, 1)
  queue.free = [7]
  queue.record = record === null ? null : { ...record, epoch: 2 as QueueRecord['epoch'] }
  queue.change()
  t.same(await wait, [7], 'whoever waits looks when it is watched')
  t.equal(queue.watches, 1)
})

t.test('more waits than may be open are refused, of a project and in all', async t => {
  const queue = played(t, { waits: 2, inAll: 3 })
  const waits = [queue.take('a'), queue.take('b')]
  await queue.settle()
  await t.rejects(queue.take('c'), { name: 'TooManyWaits', message: 'At most 2 requests of one project may wait at once. Please try again later, or without "wait".' })
  queue.post(1)
  await waits[0]
  const again = queue.take('d')
  await queue.settle()
  queue.post(2, 3)
  t.same(await Promise.all([waits[1], again]), [[2], [3]])

  const few = played(t, { inAll: 1 })
  const only = few.take('a')
  await few.settle()
  await t.rejects(few.look(0), { name: 'TooManyWaits', message: 'At most 1 request of one server process may wait at once. Please try again later, or without "wait".' })
  few.post(1)
  t.same(await only, [1])
})

t.test('an idle wait costs nothing', async t => {
  const queue = played(t)
  const waits = Array.from({ length: 1000 }, (_, no) => queue.take(String(no)))
  await queue.settle()
  const tries = queue.tries.length
  await laterWait(t, 100)
  t.equal(queue.tries.length, tries)
  t.equal(queue.watches, 1, 'all share one watch')
  queue.post(...waits.keys())
  t.equal((await Promise.all(waits)).flatMap(taken => taken ?? []).length, 1000)
})
