import type { JsonText } from '../../../lib/model/json.ts'
import {
  claim, claimed, claimId, commit, counts, EVERY_CAPABILITY, EVERYTHING, expected, first, got, listed, messages, needs, numbers, post, posted, queue, range, usage,
  type Suite,
} from './fixture.ts'
import { failing, only, queues, round } from './rounds.ts'

/** Messages that are handed out too often: when they are moved to the dead-letter queue. */
export const deadLetterContract: Suite = (t, open, capabilities = EVERY_CAPABILITY) => {
  t.test('a message that was handed out as often as it may be is moved by the next claim', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores, { after: 2 })
    const id = first(await posted(stores, at, messages(1)))
    const posting = await got(stores, at, id)
    t.same(await round(stores, at, deadLetter), { given: [0], moved: 0 })
    t.same(await round(stores, at, deadLetter), { given: [0], moved: 0 })
    const last = claim(at, { deadLetter })
    const outcome = await expected(stores, last, 'claimed')
    t.same([outcome.messages, outcome.moved], [[], 1])
    t.equal(await stores.data.claim(at, last.id), null, 'a claim of nothing is none')
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
    t.same(await counts(stores, to), { free: 1, claimed: 0, delayed: 0 })
    const message = await only(stores, to)
    t.same(message, {
      ...posting, sequence: message.sequence, claim: null, claims: 0,
      origin: { queue: at.queue, at: outcome.now, reason: 'max_claim_count', claims: 2 },
    })
  })

  t.test('without a dead-letter queue a message is handed out for ever', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(1, { ttl: 1000 }))
    for (let times = 0; times < 5; times++) t.same(await round(stores, at), { given: [0], moved: 0 })
  })

  t.test('what was handed out too often already goes when the queue begins to count', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    await posted(stores, at, messages(1, { ttl: 1000 }))
    for (let times = 0; times < 3; times++) await round(stores, at)
    t.same(await round(stores, at, deadLetter), { given: [], moved: 1 })
    t.match(await only(stores, to), { claims: 0, origin: { claims: 3 } })
  })

  t.test('a message that is always released stays', async t => {
    const stores = await open(t)
    const { at, deadLetter } = await queues(stores)
    await posted(stores, at, messages(1))
    for (let times = 0; times < 4; times++) {
      const operation = claim(at, { deadLetter })
      t.same(numbers(await claimed(stores, operation)), [0])
      await commit(stores, { op: 'release', at, claim: operation.id })
    }
  })

  t.test('renewing a claim neither counts nor takes anything back', async t => {
    const stores = await open(t)
    const { at, deadLetter } = await queues(stores, { after: 2 })
    await posted(stores, at, messages(1, { ttl: 1000 }))
    for (let times = 0; times < 2; times++) {
      const operation = claim(at, { deadLetter })
      t.same(numbers(await claimed(stores, operation)), [0])
      await commit(stores, { op: 'renew', at, claim: operation.id, ttl: 90, grace: 60 })
      stores.tick(90)
    }
    t.same(await round(stores, at, deadLetter), { given: [], moved: 1 })
  })

  t.test('the limit counts what is moved as well, so that a claim may return fewer than there are', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    await posted(stores, at, messages(6))
    await round(stores, at, undefined, 3)
    t.same(await round(stores, at, deadLetter, 2), { given: [], moved: 2 })
    const operation = claim(at, { deadLetter, limit: 3 })
    t.match(await commit(stores, operation), { is: 'claimed', moved: 1, messages: [{ body: '3', claims: 1 }, { body: '4', claims: 1 }] })
    t.same(numbers((await stores.data.claim(at, operation.id))?.messages ?? []), [3, 4])
    t.same(await listed(stores, at), [5])
    t.same(await listed(stores, to), [0, 1, 2])
  })

  t.test('without a dead-letter queue a claim is refused if it had to move a message, and only then', async t => {
    const stores = await open(t)
    const { at, deadLetter } = await queues(stores)
    const missing = { ...deadLetter, to: null }
    await posted(stores, at, messages(2))
    t.same(await round(stores, at, missing, 1), { given: [0], moved: 0 })
    t.same(await commit(stores, failing(at, missing)), { is: 'no_dead_letter_queue' })
    t.same(await listed(stores, at), [0, 1], 'nothing was claimed')
    t.same(await round(stores, at, deadLetter), { given: [1], moved: 1 })
  })

  for (const [what, op] of [['dropped', 'drop'], ['sealed', 'seal']] as const) {
    t.test(`where the dead-letter queue was ${what}, a claim is refused if it had to move a message, and only then`, async t => {
      const stores = await open(t)
      const { at, to, deadLetter } = await queues(stores)
      const ids = await posted(stores, at, messages(3))
      await commit(stores, { op, at: to })
      t.same(await round(stores, at, deadLetter, 1), { given: [0], moved: 0 }, 'nothing was to be moved')
      const refused = failing(at, deadLetter)
      t.same(await commit(stores, refused), { is: 'no_dead_letter_queue' })
      t.same(await counts(stores, at), { free: 3, claimed: 0, delayed: 0 })
      t.match((await stores.data.get(at, ids)).messages, [{ claims: 1 }, { claims: 0 }, { claims: 0 }], 'nothing was handed out')
      const again = await queue(stores, 'another')
      t.same(await round(stores, at, { ...deadLetter, to: again }), { given: [1, 2], moved: 1 })
    })
  }

  t.test('moving changes nothing in what the project keeps', needs('sizes', capabilities), async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    await posted(stores, at, messages(4, { body: '"12345678"' as JsonText }))
    await round(stores, at)
    await round(stores, at, deadLetter, 3)
    t.same(await usage(stores), { messages: 4, bytes: 40 })
    await commit(stores, { op: 'drop', at })
    t.same(await usage(stores), { messages: 3, bytes: 30 })
    await commit(stores, { op: 'drop', at: to })
    t.same(await usage(stores), { messages: 0, bytes: 0 })
  })

  t.test('claims that race move each message once and lose none', async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    await posted(stores, at, messages(60))
    await round(stores, at, undefined, 60)
    await posted(stores, at, messages(40, {}, 60))
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => expected(stores, failing(at, deadLetter, 7), 'claimed')))
    t.equal(outcomes.reduce((sum, each) => sum + each.moved, 0), 60)
    t.same(outcomes.flatMap(each => numbers(each.messages)).sort((a, b) => a - b), range(100, 60))
    t.same((await listed(stores, to)).sort((a, b) => a - b), range(60))
  })

  t.test('a refused unit moves nothing', needs('units', capabilities), async t => {
    const stores = await open(t)
    const { at, to, deadLetter } = await queues(stores)
    const id = first(await posted(stores, at, messages(1)))
    await round(stores, at)
    const outcomes = await stores.data.commit([failing(at, deadLetter), post(to, messages(1, {}, 1)), { op: 'renew', at, claim: claimId(), ttl: 60, grace: 60 }])
    t.equal(outcomes.at(-1)?.is, 'no_claim')
    t.match(await got(stores, at, id), { claims: 1, origin: null })
    t.same(await listed(stores, to, EVERYTHING), [])
    t.equal(await stores.data.position(to, id), null)
  })
}
