/** A store whose every message is encrypted keeps the same contract, and shows nobody what is in it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JsonText } from '../../lib/model/json.ts'
import { START } from '../../lib/model/names.ts'
import type { DataStore, Stores } from '../../lib/storage/contract.ts'
import { encrypted } from '../../lib/storage/encrypt.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { Sealer } from '../../lib/storage/sealer.ts'
import { HandClock } from '../helpers/clock.ts'
import { claimContract } from './contract/claims.ts'
import { deadLetterContract } from './contract/dead-letter.ts'
import { ALICE, claim, commit, EVERYTHING, messages, OTHER_PROJECT, queue, type Open } from './contract/fixture.ts'
import { messageContract } from './contract/messages.ts'
import { movedMessageContract } from './contract/moved-messages.ts'
import { popContract } from './contract/pops.ts'

const KEYS = { first: 'the first secret key', second: 'the second secret key' }

function sealer(key: string, ...former: string[]): Sealer {
  return new Sealer({ message_encryption_key: key, message_encryption_former_keys: former })
}

async function openPlain(t: Test): Promise<Stores & { readonly tick: (seconds: number) => void }> {
  const options = { path: mkdtempSync(join(tmpdir(), 'marconi-encrypted-')), durability: 'none' } as const
  const clock = new HandClock()
  const [control, data] = [await openControl(options), await openData(options, clock)]
  t.teardown(async () => {
    await Promise.all([control.close(), data.close()])
    rmSync(options.path, { recursive: true, force: true })
  })
  return { control, data, tick: seconds => { clock.tick(seconds) } }
}

/** All that is posted is to be encrypted. */
function sealingAll(data: DataStore): DataStore {
  return { ...data, commit: unit => data.commit(unit.map(operation => operation.op === 'post' ? { ...operation, sealed: true } : operation)) }
}

const open: Open = async t => {
  const plain = await openPlain(t)
  return { ...plain, data: sealingAll(encrypted(plain.data, sealer(KEYS.first))) }
}

messageContract(t, open)
claimContract(t, open)
popContract(t, open, ['units'])
deadLetterContract(t, open, ['units'])
movedMessageContract(t, open)

const SECRET = '"5ecret"' as JsonText

t.test('what is stored says nothing of what was posted, and differs each time', async t => {
  const { control, data } = await openPlain(t)
  const at = await queue({ control })
  const wrapped = encrypted(data, sealer(KEYS.first))
  await wrapped.commit([{ op: 'post', at, client: ALICE, messages: messages(2, { body: SECRET }), sealed: true }])
  const { messages: [one, other] } = await data.read(at, EVERYTHING)
  for (const stored of [one, other]) {
    t.match(stored?.body, /^!1\.[0-9a-f]{8}\.[A-Za-z0-9+/]+=*$/)
    t.notMatch(Buffer.from(stored?.body.split('.')[2] ?? '', 'base64').toString('latin1'), /5ecret/)
  }
  t.not(one?.body, other?.body)
  t.same((await wrapped.read(at, EVERYTHING)).messages.map(({ body }) => body), [SECRET, SECRET])
  t.same((await wrapped.dump(at, START, 10)).messages.map(({ body }) => body), [SECRET, SECRET])
  await wrapped.commit([{ op: 'post', at, client: ALICE, messages: messages(1, { body: SECRET }) }])
  t.equal((await data.read(at, EVERYTHING)).messages[2]?.body, SECRET, 'what is not to be sealed is not')
})

t.test('a former key opens what it sealed, and a new one seals', async t => {
  const { control, data } = await openPlain(t)
  const at = await queue({ control })
  const post = (wrapped: DataStore) => wrapped.commit([{ op: 'post', at, client: ALICE, messages: messages(1, { body: SECRET }), sealed: true }])
  await post(encrypted(data, sealer(KEYS.first)))
  const rotated = encrypted(data, sealer(KEYS.second, KEYS.first))
  await post(rotated)
  t.same((await rotated.read(at, EVERYTHING)).messages.map(({ body }) => body), [SECRET, SECRET])
  const ids = (await data.read(at, EVERYTHING)).messages.map(({ body }) => body.split('.')[1])
  t.not(ids[0], ids[1])
  await t.rejects(encrypted(data, sealer(KEYS.second)).read(at, EVERYTHING), { name: 'StorageUnavailable', message: new RegExp(`key ${ids[0] ?? ''}`) })
})

t.test('what cannot be opened is a storage failure, and not lost by a pop', async t => {
  const { control, data } = await openPlain(t)
  const at = await queue({ control })
  await encrypted(data, sealer(KEYS.first)).commit([{ op: 'post', at, client: ALICE, messages: messages(1, { body: SECRET }), sealed: true }])
  const keyless = encrypted(data, sealer(''))
  const stores = { control, data: keyless }
  const { messages: [{ id } = { id: '' as never }] } = await data.read(at, EVERYTHING)
  const attempts: (() => Promise<unknown>)[] = [() => keyless.get(at, [id]), () => keyless.read(at, EVERYTHING), () => keyless.dump(at, START, 1), () => commit(stores, { op: 'pop', at, limit: 1 })]
  for (const attempt of attempts) await t.rejects(attempt(), { name: 'StorageUnavailable' })
  t.equal((await data.read(at, EVERYTHING)).messages.length, 1, 'it is there still')
  await keyless.commit([{ op: 'post', at, client: ALICE, messages: messages(1, { body: '"plain"' as JsonText }) }])
  const popped = await commit(stores, { op: 'pop', at, limit: 2 })
  t.match(popped, { is: 'popped', messages: [{ body: '"plain"' }] })
  t.same((await encrypted(data, sealer(KEYS.first)).read(at, EVERYTHING)).messages.map(({ body }) => body), [SECRET])
  const held = claim(at)
  await t.rejects(commit(stores, held), { name: 'StorageUnavailable' })
  await t.rejects(keyless.claim(at, held.id), { name: 'StorageUnavailable' })
  await t.rejects(keyless.commit([{ op: 'post', at, client: ALICE, messages: messages(1), sealed: true }]), { name: 'StorageUnavailable' }, 'nothing is stored as it is for want of a key')
})

t.test('a sealed body opens in its own project only, and not if it was changed', async t => {
  const one = sealer(KEYS.first)
  const project = 'p1' as Parameters<Sealer['open']>[0]
  const sealed = one.seal(project, SECRET)
  t.equal(one.open(project, sealed), SECRET)
  t.throws(() => one.open(OTHER_PROJECT, sealed), { name: 'StorageUnavailable' })
  for (let at = sealed.length - 3; at > 11; at -= 7) {
    const changed = (sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)) as JsonText
    t.throws(() => one.open(project, changed), { name: 'StorageUnavailable' })
  }
  for (const damaged of ['!1.', sealed.slice(0, 12), sealed.slice(0, 20)]) t.throws(() => one.open(project, damaged as JsonText), { name: 'StorageUnavailable' })
})
