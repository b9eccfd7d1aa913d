import type { MessageId } from '../../../lib/model/names.ts'
import { claim, claimed, claimId, commit, counts, first, FREE, got, listed, messages, numbers, posted, queue, range, remove, settleAll, type Suite } from './fixture.ts'

/** Claims: who has a message, for how long, and what becomes of it then. */
export const claimContract: Suite = (t, open) => {
  t.test('a claim takes the oldest free messages and hides them', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(5))
    const operation = claim(at, { limit: 2 })
    const taken = await claimed(stores, operation)
    t.same(numbers(taken), [0, 1])
    t.same(taken.map(message => message.claim), [operation.id, operation.id])
    t.same(await listed(stores, at), [2, 3, 4])
    t.same(await listed(stores, at, { claimed: true }), range(5))
    t.same(await counts(stores, at), { free: 3, claimed: 2, delayed: 0 })
    t.same(numbers(await claimed(stores, claim(at))), [2, 3, 4])
    t.same(await claimed(stores, claim(at)), [], 'nothing is left')
  })

  t.test('a claimed message is got by id, with its claim', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(1))
    const operation = claim(at)
    await commit(stores, operation)
    t.match((await stores.data.get(at, ids)).messages, [{ claim: operation.id }])
    stores.tick(60)
    t.match((await stores.data.get(at, ids)).messages, [{ claim: null }], 'until the claim is over')
  })

  t.test('a claim is read with its messages until it ends', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(3))
    const operation = claim(at, { limit: 2, ttl: 100 })
    await commit(stores, operation)
    stores.tick(10)
    const read = await stores.data.claim(at, operation.id)
    t.same([read?.ttl, numbers(read?.messages ?? []), (read?.now ?? 0) - (read?.since ?? 0)], [100, [0, 1], 10_000])
    t.equal(await stores.data.claim(at, claimId()), null)
    t.equal(await stores.data.claim(await queue(stores, 'other'), operation.id), null, 'in another queue')
    stores.tick(90)
    t.equal(await stores.data.claim(at, operation.id), null, 'when it has run out')
  })

  t.test('an expired claim gives its messages back, in their old order', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(6))
    await commit(stores, claim(at, { limit: 2, ttl: 60 }))
    await commit(stores, claim(at, { limit: 2, ttl: 120 }))
    t.same(await listed(stores, at), [4, 5])
    stores.tick(60)
    t.same(await listed(stores, at), [0, 1, 4, 5])
    t.same(await counts(stores, at), { free: 4, claimed: 2, delayed: 0 })
    const second = claim(at, { limit: 3 })
    t.same(numbers(await claimed(stores, second)), [0, 1, 4])
    stores.tick(59)
    await settleAll(stores)
    t.same(numbers((await stores.data.claim(at, second.id))?.messages ?? []), [0, 1, 4], 'the sweep of the first leaves the second alone')
  })

  t.test('a partly deleted claim ends with its last message', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(2))
    const operation = claim(at)
    await commit(stores, operation)
    const held = { kind: 'held_by', claim: operation.id } as const
    t.same(await commit(stores, remove(at, ids.slice(0, 1), held)), { is: 'removed', each: ['removed'] })
    t.same(numbers((await stores.data.claim(at, operation.id))?.messages ?? []), [1])
    t.same(await commit(stores, remove(at, ids.slice(1))), { is: 'removed', each: ['removed'] }, 'bulk delete asks for no claim')
    t.equal(await stores.data.claim(at, operation.id), null)
    t.same(await commit(stores, { op: 'renew', at, claim: operation.id, ttl: 60, grace: 60 }), { is: 'no_claim' })
    t.same(await counts(stores, at), { free: 0, claimed: 0, delayed: 0 })
  })

  t.test('what stands in the way of a delete with and without a claim', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(4))
    const [one, two, three] = [claim(at, { limit: 1 }), claim(at, { limit: 1 }), claim(at, { limit: 1 })]
    for (const operation of [one, two, three]) await commit(stores, operation)
    await commit(stores, { op: 'release', at, claim: three.id })
    const attempt = async (index: number, id: typeof one.id | null) => {
      const outcome = await commit(stores, remove(at, ids.slice(index, index + 1), id === null ? { kind: 'unclaimed' } : { kind: 'held_by', claim: id }))
      return outcome.is === 'removed' ? outcome.each[0] : outcome.is
    }
    t.equal(await attempt(0, null), 'claimed')
    t.equal(await attempt(0, two.id), 'claimed')
    t.equal(await attempt(0, claimId()), 'claimed')
    t.equal(await attempt(2, three.id), 'unclaimed', 'released')
    t.equal(await attempt(3, claimId()), 'unclaimed', 'never claimed')
    t.equal(await attempt(0, one.id), 'removed')
    stores.tick(60)
    t.equal(await attempt(1, two.id), 'lapsed')
    await settleAll(stores)
    t.equal(await attempt(1, two.id), 'lapsed', 'also after the sweep')
    t.equal(await attempt(1, null), 'removed', 'an expired claim holds nothing')
    t.equal(await attempt(1, null), 'absent')
  })

  t.test('a released claim frees its messages at once', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(3))
    const operation = claim(at, { limit: 2 })
    await commit(stores, operation)
    t.same(await commit(stores, { op: 'release', at, claim: operation.id }), { is: 'released' })
    t.same(await listed(stores, at), [0, 1, 2])
    t.equal(await stores.data.claim(at, operation.id), null)
    t.same(await commit(stores, { op: 'release', at, claim: operation.id }), { is: 'released' }, 'twice is once')
    t.same(await counts(stores, at), { free: 3, claimed: 0, delayed: 0 })
  })

  t.test('a message tells how often it was handed out since it was posted or last released', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const id = first(await posted(stores, at, messages(1)))
    const handOut = async () => {
      const operation = claim(at)
      return { claim: operation.id, claims: first(await claimed(stores, operation)).claims }
    }
    t.equal((await got(stores, at, id))?.claims, 0)
    t.equal((await handOut()).claims, 1)
    t.equal((await got(stores, at, id))?.claims, 1)
    stores.tick(60)
    t.match(await got(stores, at, id), { claim: null, claims: 1 }, 'a claim that ran out counts')
    await settleAll(stores)
    t.match((await stores.data.read(at, FREE)).messages, [{ claim: null, claims: 1 }], 'also after the sweep')
    const second = await handOut()
    t.equal(second.claims, 2)
    await commit(stores, { op: 'renew', at, claim: second.claim, ttl: 90, grace: 60 })
    t.match((await stores.data.claim(at, second.claim))?.messages, [{ claim: second.claim, claims: 2, origin: null }], 'a renewal changes nothing')
    await commit(stores, { op: 'release', at, claim: second.claim })
    t.equal((await got(stores, at, id))?.claims, 0, 'a release takes all of it back')
    t.equal((await handOut()).claims, 1)
  })

  t.test('a claim cannot be released or renewed through another queue', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const other = await queue(stores, 'other')
    await posted(stores, at, messages(1))
    const operation = claim(at)
    await commit(stores, operation)
    await commit(stores, { op: 'release', at: other, claim: operation.id })
    t.same(await commit(stores, { op: 'renew', at: other, claim: operation.id, ttl: 600, grace: 60 }), { is: 'no_claim' })
    t.equal((await stores.data.claim(at, operation.id))?.ttl, 60)
  })

  for (const [ttl, grace, expected] of [[777, 0, 777], [777, 23, 800], [121, 22, 143], [100, 22, 122], [60, 30, 120], [60, 60, 120]] as const) {
    t.test(`a message of ttl 120 under a claim of ${ttl} with grace ${grace} lives ${expected} seconds from the claim`, async t => {
      const stores = await open(t)
      const at = await queue(stores)
      const ids = await posted(stores, at, messages(1, { ttl: 120 }))
      const [message] = await claimed(stores, claim(at, { ttl, grace }))
      t.equal(message?.ttl, expected)
      stores.tick(expected - 0.001)
      t.equal((await stores.data.get(at, ids)).messages[0]?.ttl, expected)
      stores.tick(0.001)
      t.same((await stores.data.get(at, ids)).messages, [])
    })
  }

  t.test('a renewed claim starts anew and lengthens its messages', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(1, { ttl: 120 }))
    const operation = claim(at, { ttl: 60, grace: 60 })
    await commit(stores, operation)
    stores.tick(50)
    t.same(await commit(stores, { op: 'renew', at, claim: operation.id, ttl: 200, grace: 50 }), { is: 'renewed' })
    const read = await stores.data.claim(at, operation.id)
    t.same([read?.ttl, read?.since, read?.messages[0]?.ttl], [200, read?.now, 250])
    stores.tick(199)
    t.same(await listed(stores, at), [])
    stores.tick(1)
    t.same(await listed(stores, at), [0], 'free again')
    t.same(await commit(stores, { op: 'renew', at, claim: operation.id, ttl: 60, grace: 60 }), { is: 'no_claim' }, 'too late')
    stores.tick(50)
    t.same((await stores.data.get(at, ids)).messages, [], 'the grace is over')
  })

  t.test('a claim may be renewed to end earlier', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(1))
    const operation = claim(at, { ttl: 250 })
    await commit(stores, operation)
    await commit(stores, { op: 'renew', at, claim: operation.id, ttl: 60, grace: 0 })
    stores.tick(60)
    t.same(await listed(stores, at), [0])
  })

  t.test('claims that race never hand a message to two of them', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    await posted(stores, at, messages(200))
    const taken = await Promise.all(Array.from({ length: 50 }, () => claimed(stores, claim(at, { limit: 7 }))))
    const all = taken.flatMap(numbers)
    t.equal(all.length, 200)
    t.equal(new Set(all).size, 200)
  })

  t.test('a message that is deleted while a claim holds it leaves no trace in it', async t => {
    const stores = await open(t)
    const at = await queue(stores)
    const ids = await posted(stores, at, messages(15))
    await commit(stores, claim(at, { limit: 10 }))
    const gone = [0, 5, 9].flatMap(index => ids[index] ?? ([] as MessageId[]))
    await commit(stores, remove(at, gone))
    t.same(await counts(stores, at), { free: 5, claimed: 7, delayed: 0 })
  })
}
