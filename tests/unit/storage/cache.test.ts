import t from 'tap'
import type { Epoch, Project, QueueName } from '../../../lib/model/names.ts'
import type { PoolName } from '../../../lib/model/pool.ts'
import { EMPTY_OBJECT } from '../../../lib/model/json.ts'
import { cachedControl } from '../../../lib/storage/cache.ts'
import type { ControlStore, QueueRecord } from '../../../lib/storage/contract.ts'
import { openControl } from '../../../lib/storage/faulty/faulty.ts'
import { HandClock } from '../../helpers/clock.ts'

const PROJECT = 'p' as Project
const JOBS = 'jobs' as QueueName
const RECORD: QueueRecord = { project: PROJECT, queue: JOBS, epoch: 1 as Epoch, pool: null, metadata: EMPTY_OBJECT, moving: null }

/** A control store of one queue that counts how often it is asked, and can be made to answer late. */
function counting() {
  const state = { record: RECORD as QueueRecord | null, asked: 0, wait: Promise.resolve() }
  const clock = new HandClock()
  const control: ControlStore = {
    ...openControl(),
    async queue() {
      state.asked++
      const { record } = state
      await state.wait
      return record
    },
    createQueue: async () => state.record === null ? null : { created: false, record: state.record },
    setMetadata: async () => true,
    removeQueue: async () => undefined,
    setPlace: async () => true,
  }
  return { state, clock, cached: cachedControl(control, clock) }
}

t.test('a queue is looked up once in five seconds', async t => {
  const { state, clock, cached } = counting()
  for (let look = 0; look < 3; look++) t.same(await cached.queue(PROJECT, JOBS), RECORD)
  t.equal(state.asked, 1)
  clock.tick(4.9)
  await cached.queue(PROJECT, JOBS)
  t.equal(state.asked, 1)
  clock.tick(0.1)
  await cached.queue(PROJECT, JOBS)
  t.equal(state.asked, 2)
})

t.test('that there is no such queue is not remembered', async t => {
  const { state, cached } = counting()
  state.record = null
  t.equal(await cached.queue(PROJECT, JOBS), null)
  state.record = RECORD
  t.same(await cached.queue(PROJECT, JOBS), RECORD)
})

t.test('a queue that is being moved is looked up each time', async t => {
  const { state, cached } = counting()
  state.record = { ...RECORD, moving: { to: 'b' as PoolName, stage: 'announced' } }
  for (let look = 0; look < 3; look++) await cached.queue(PROJECT, JOBS)
  t.equal(state.asked, 3)
})

t.test('a fresh look-up goes past what is remembered, and replaces it', async t => {
  const { state, cached } = counting()
  await cached.queue(PROJECT, JOBS)
  state.record = { ...RECORD, pool: 'b' as PoolName }
  t.equal((await cached.queue(PROJECT, JOBS))?.pool, null)
  t.equal((await cached.fresh(PROJECT, JOBS))?.pool, 'b')
  t.equal((await cached.queue(PROJECT, JOBS))?.pool, 'b')
})

t.test('what this process changes it forgets', async t => {
  const { state, cached } = counting()
  const changes = [
    () => cached.setMetadata(RECORD, EMPTY_OBJECT), () => cached.removeQueue(RECORD), () => cached.setPlace(RECORD, RECORD),
    () => cached.createQueue(PROJECT, JOBS, { metadata: EMPTY_OBJECT, pool: null, atMost: 1 }),
  ]
  for (const change of changes) {
    await cached.queue(PROJECT, JOBS)
    const before = state.asked
    await change()
    await cached.queue(PROJECT, JOBS)
    t.equal(state.asked, before + 1)
  }
})

t.test('a look-up that was under way while the queue was changed is not remembered', async t => {
  const { state, cached } = counting()
  let answer = (): void => undefined
  state.wait = new Promise(resolve => { answer = resolve })
  const looking = cached.queue(PROJECT, JOBS)
  await cached.setMetadata(RECORD, EMPTY_OBJECT)
  answer()
  await looking
  await cached.queue(PROJECT, JOBS)
  t.equal(state.asked, 2)
})

t.test('a look-up counts from when it was asked, not from when it was answered', async t => {
  const { state, clock, cached } = counting()
  let answer = (): void => undefined
  state.wait = new Promise(resolve => { answer = resolve })
  const looking = cached.queue(PROJECT, JOBS)
  clock.tick(4)
  answer()
  await looking
  clock.tick(1)
  await cached.queue(PROJECT, JOBS)
  t.equal(state.asked, 2)
})
