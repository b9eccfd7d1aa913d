/** The cost of an operation is counted in rows read, not in time, however much lies in front of what it returns (decisions 24). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ClaimId } from '../../lib/model/names.ts'
import type { QueueKey } from '../../lib/storage/contract.ts'
import { lmdbControl } from '../../lib/storage/lmdb/control.ts'
import { lmdbData } from '../../lib/storage/lmdb/data.ts'
import { openEnvironment } from '../../lib/storage/lmdb/environment.ts'
import { HandClock } from '../helpers/clock.ts'
import { ALICE, BOB, claim, claimed, claimId, commit, EVERYTHING, FREE, messages, numbers, post, posted, queue, range, remove, type Fixture } from './contract/fixture.ts'

/** Messages piled up in front. */
const PILE = 100_000
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
