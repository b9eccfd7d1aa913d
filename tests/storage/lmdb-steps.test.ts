/** The cost of an operation is counted in rows read, not in time, however much lies in front of what it returns (decisions 24). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { END, START, type ClaimId, type MessageId } from '../../lib/model/names.ts'
import type { QueueKey } from '../../lib/storage/contract.ts'
import { lmdbControl } from '../../lib/storage/lmdb/control.ts'
import { lmdbData } from '../../lib/storage/lmdb/data.ts'
import { openEnvironment } from '../../lib/storage/lmdb/environment.ts'
import { HandClock } from '../helpers/clock.ts'
import { ALICE, BOB, claim, claimed, claimId, commit, EVERYTHING, expected, FREE, messages, numbers, post, posted, queue, range, remove, type Fixture } from './contract/fixture.ts'

/** Messages piled up in front. */
const PILE = 100_000
const NO_ID = 'f'.repeat(24) as MessageId
/** What one operation may read to return `returned` messages. */
const bound = (returned: number) => 3 * returned + 20

interface Counted extends Fixture {
  readonly at: QueueKey
  /** Runs an action and says how many rows it read. */
  steps(action: () => Promise<unknown>): Promise<number>
}

async function open(t: Test): Promise<Counted> {
  const path = mkdtempSync(join(tmpdir(), 'marconi-steps-'))
  const env = await openEnvironment({ path, durability: 'none' })
  const clock = new HandClock()
  const stores = { control: lmdbControl(env), data: lmdbData(env, clock), tick: (seconds: number) => { clock.tick(seconds) } }
  t.teardown(async () => {
    await env.close()
    rmSync(path, { recursive: true, force: true })
  })
  return {
    ...stores,
    at: await queue(stores),
    async steps(action) {
      const before = env.steps.count
      await action()
      return env.steps.count - before
    },
  }
}

async function pile(stores: Counted, over: Parameters<typeof messages>[1], client = ALICE): Promise<void> {
  for (let first = 0; first < PILE; first += 1000) await posted(stores, stores.at, messages(1000, over, first), client)
}

async function checkAll(t: Test, stores: Counted, expected: readonly number[]): Promise<void> {
  const { at, data } = stores
  let listed: number[] = []
  t.ok(await stores.steps(async () => { listed = numbers((await data.read(at, { ...FREE, limit: 10, notFrom: BOB })).messages) }) <= bound(10), 'list')
  t.same(listed, expected)
  t.ok(await stores.steps(() => data.stats(at)) <= bound(2), 'stats')
  let taken: { readonly id: ClaimId; readonly ids: Parameters<typeof remove>[1] } = { id: claimId(), ids: [] }
  const operation = claim(at, { limit: 10 })
  const claiming = await stores.steps(async () => {
    const got = await claimed(stores, operation)
    taken = { id: operation.id, ids: got.map(({ id }) => id) }
  })
  t.ok(claiming <= bound(10), `claim: ${claiming}`)
  t.equal(taken.ids.length, 10)
  t.ok(await stores.steps(() => data.claim(at, taken.id)) <= bound(10), 'read the claim')
  t.ok(await stores.steps(() => commit(stores, remove(at, taken.ids.slice(0, 1), { kind: 'held_by', claim: taken.id }))) <= bound(1), 'delete')
  t.ok(await stores.steps(() => commit(stores, { op: 'release', at, claim: taken.id })) <= bound(10), 'release')
  t.ok(await stores.steps(() => commit(stores, post(at, messages(1)))) <= bound(1), 'post')
  await checkTaking(t, stores)
}

/** What takes messages away, of which there must be 20 that no claim holds. */
async function checkTaking(t: Test, stores: Counted): Promise<void> {
  const { at } = stores
  const popping = await stores.steps(async () => { t.equal((await expected(stores, { op: 'pop', at, limit: 10 }, 'popped')).messages.length, 10) })
  t.ok(popping <= bound(10), `pop: ${popping}`)
  const purging = await stores.steps(async () => { t.equal((await expected(stores, { op: 'purge', at, through: END, limit: 10 }, 'purged')).count, 10) })
  t.ok(purging <= bound(10), `purge: ${purging}`)
}

t.test('100 000 expired messages in front cost nothing', async t => {
  const stores = await open(t)
  await pile(stores, { ttl: 60 })
  await posted(stores, stores.at, messages(20, { ttl: 3000 }))
  stores.tick(61)
  await checkAll(t, stores, range(10))
})

t.test('100 000 claimed messages in front cost nothing', async t => {
  const stores = await open(t)
  await pile(stores, { ttl: 3000 })
  for (let done = 0; done < PILE; done += 1000) await commit(stores, claim(stores.at, { limit: 1000, ttl: 600 }))
  await posted(stores, stores.at, messages(20))
  await checkAll(t, stores, range(10))
})

t.test('100 000 messages under claims that have run out are handed out from the first, at no more cost', async t => {
  const stores = await open(t)
  await pile(stores, { ttl: 3000 })
  for (let done = 0; done < PILE; done += 20) await commit(stores, claim(stores.at, { limit: 20, ttl: 60 }))
  stores.tick(61)
  await checkAll(t, stores, range(10))
})

t.test('100 000 delayed messages in front cost nothing, nor when their delay is over', async t => {
  const stores = await open(t)
  await pile(stores, { ttl: 3000, delay: 600 })
  await posted(stores, stores.at, messages(20))
  await checkAll(t, stores, range(10))
  stores.tick(600)
  t.ok(await stores.steps(() => stores.data.read(stores.at, { ...FREE, limit: 10 })) <= bound(10), 'list when the delay is over')
})

t.test('100 000 claimed messages in front of those that go to a dead-letter queue cost nothing, nor 100 000 that are there', async t => {
  const stores = await open(t)
  const { at } = stores
  const to = await queue(stores, 'dead')
  await pile({ ...stores, at: to }, { ttl: 3000 })
  await pile(stores, { ttl: 3000 })
  for (let done = 0; done < PILE; done += 1000) await commit(stores, claim(at, { limit: 1000, ttl: 600 }))
  const ids = await posted(stores, at, messages(20))
  await commit(stores, claim(at, { limit: 20, ttl: 60 }))
  stores.tick(61)
  const moving = await stores.steps(async () => {
    t.match(await commit(stores, claim(at, { limit: 10, deadLetter: { to, after: 1, ttl: null } })), { messages: [], moved: 10 })
  })
  t.ok(moving <= bound(10), `move: ${moving}`)
  t.ok(await stores.steps(() => stores.data.get(to, ids.slice(0, 10))) <= bound(10), 'get by ids')
  t.ok(await stores.steps(() => stores.data.position(to, ids[0] ?? NO_ID)) <= bound(1), 'position')
  const after = (await stores.data.position(to, ids[0] ?? NO_ID)) ?? START
  t.ok(await stores.steps(() => stores.data.read(to, { ...FREE, after, limit: 10 })) <= bound(10), 'list')
  t.ok(await stores.steps(() => commit(stores, remove(to, ids.slice(0, 10)))) <= bound(10), 'delete')
})

t.test('100 000 messages that were handed out too often are moved in as many steps as are asked for', async t => {
  const stores = await open(t)
  const to = await queue(stores, 'dead')
  await pile(stores, { ttl: 3000 })
  for (let done = 0; done < PILE; done += 20) await commit(stores, claim(stores.at, { limit: 20, ttl: 60 }))
  stores.tick(61)
  const moving = await stores.steps(async () => {
    t.match(await commit(stores, claim(stores.at, { limit: 10, deadLetter: { to, after: 1, ttl: 600 } })), { messages: [], moved: 10 })
  })
  t.ok(moving <= bound(10), `move: ${moving}`)
  await checkTaking(t, stores)
  const dumping = await stores.steps(async () => { t.equal((await stores.data.dump(stores.at, START, 10)).messages.length, 10) })
  t.ok(dumping <= bound(10), `dump: ${dumping}`)
})

t.test('100 000 own messages in front cost nothing', async t => {
  const stores = await open(t)
  await pile(stores, { ttl: 3000 }, BOB)
  await posted(stores, stores.at, messages(20), ALICE)
  let listed: number[] = []
  const steps = await stores.steps(async () => {
    listed = numbers((await stores.data.read(stores.at, { ...EVERYTHING, limit: 10, notFrom: BOB })).messages)
  })
  t.same(listed, range(10))
  t.ok(steps <= bound(10), `${steps} steps`)
})
