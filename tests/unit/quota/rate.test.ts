import t from 'tap'
import type { Project } from '../../../lib/model/names.ts'
import { quotaOf } from '../../../lib/quota/quota.ts'
import { Buckets, LeasedRate, type Lease, type Ledger } from '../../../lib/quota/rate.ts'
import { HandClock } from '../../helpers/clock.ts'

const P1 = 'p1' as Project
const QUOTA = quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 100, burst: 0, waits: 0 })

/** The counts as another process has them: an answer takes a turn of the event loop. */
function remote(buckets: Buckets): Ledger {
  return {
    lease: (project, quota, wanted) => new Promise<Lease>(resolve => { setImmediate(() => { resolve(buckets.lease(project, quota, wanted)) }) }),
  }
}

t.test('a bucket gives its burst at once and then its rate', async t => {
  const clock = new HandClock()
  const buckets = new Buckets(clock)
  const quota = { requestsPerSecond: 10, burst: 20 }
  t.same(buckets.lease(P1, quota, 15), { granted: 15, retryAfterMs: 0 })
  t.same(buckets.lease(P1, quota, 15), { granted: 5, retryAfterMs: 0 })
  t.same(buckets.lease(P1, quota, 1), { granted: 0, retryAfterMs: 100 })
  clock.tick(0.05)
  t.same(buckets.lease(P1, quota, 1), { granted: 0, retryAfterMs: 50 })
  clock.tick(0.05)
  t.same(buckets.lease(P1, quota, 5), { granted: 1, retryAfterMs: 0 })
  clock.tick(100)
  t.same(buckets.lease(P1, quota, 50), { granted: 20, retryAfterMs: 0 }, 'never more than the burst')
  clock.tick(-50)
  t.same(buckets.lease(P1, quota, 1).granted, 0, 'a clock that is set back gives nothing')
})

t.test('the rate holds within 5 % over several processes that take slices', async t => {
  const clock = new HandClock()
  const buckets = new Buckets(clock)
  const workers = Array.from({ length: 4 }, () => new LeasedRate(remote(buckets), clock))
  let passed = 0
  for (let tick = 0; tick < 1000; tick++) {
    // Ten times the rate, unevenly over the workers.
    await Promise.all(Array.from({ length: 10 }, async (_, request) => {
      const worker = workers[(tick * request) % 4] ?? workers[0]
      if (await worker?.take(P1, QUOTA) === 0) passed++
    }))
    clock.tick(0.01)
  }
  const allowed = 100 + 10 * 100
  t.ok(passed <= allowed && passed >= allowed * 0.95, `${passed} of ${allowed} in ten seconds`)
})

t.test('many requests at once ask for one slice', async t => {
  const clock = new HandClock()
  const buckets = new Buckets(clock)
  let asked = 0
  const counting: Ledger = { lease: (...wish) => { asked++; return remote(buckets).lease(...wish) } }
  const rate = new LeasedRate(counting, clock)
  const fast = quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 10_000, burst: 0, waits: 0 })
  const waits = await Promise.all(Array.from({ length: 50 }, () => rate.take(P1, fast)))
  t.same(waits.filter(wait => wait !== 0), [])
  t.equal(asked, 1)
})

t.test('while a project has to wait nobody is asked, and it is told how long', async t => {
  const clock = new HandClock()
  const buckets = new Buckets(clock)
  let asked = 0
  const rate = new LeasedRate({ lease: (...wish) => { asked++; return buckets.lease(...wish) } }, clock)
  const slow = quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 1, burst: 0, waits: 0 })
  t.equal(await rate.take(P1, slow), 0)
  t.equal(await rate.take(P1, slow), 1000)
  clock.tick(0.4)
  t.equal(await rate.take(P1, slow), 600)
  t.equal(asked, 2)
  clock.tick(0.6)
  t.equal(await rate.take(P1, slow), 0)
})

t.test('a project without a rate is not counted', async t => {
  const clock = new HandClock()
  const rate = new LeasedRate({ lease: () => { throw new Error('asked') } }, clock)
  t.equal(rate.take(P1, quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: 0 })), 0)
})

t.test('requests at once all pass while the bucket has enough, however small a slice is', async t => {
  const clock = new HandClock()
  const rate = new LeasedRate(remote(new Buckets(clock)), clock)
  const quota = quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 50, burst: 50, waits: 0 })
  const waits = await Promise.all(Array.from({ length: 60 }, () => rate.take(P1, quota)))
  t.equal(waits.filter(wait => wait === 0).length, 50)
})
