import t from 'tap'
import { INVALID, keyOf, REFUSED_SECONDS, TokenCache, UNAVAILABLE, type Verdict } from '../../../../lib/transport/http/auth/token-cache.ts'
import { HandClock } from '../../../helpers/clock.ts'

function valid(expires: number): Verdict {
  return { kind: 'valid', token: { identity: { user: { id: 'u', name: '' }, caller: null }, roles: [], expires, rules: null } }
}

function make(options: { readonly seconds?: number; readonly entries?: number; readonly pending?: number } = {}): { readonly cache: TokenCache; readonly clock: HandClock } {
  const clock = new HandClock()
  return { clock, cache: new TokenCache({ clock, seconds: 300, ...options }) }
}

t.test('a valid token is believed for its time', async t => {
  const { cache, clock } = make()
  const verdict = valid(clock.now() + 3_600_000)
  cache.keep('k', verdict)
  clock.tick(299)
  t.equal(cache.get('k'), verdict)
  clock.tick(1)
  t.equal(cache.get('k'), null)
  t.equal(cache.size, 0)
})

t.test('a valid token is not believed past its end', async t => {
  const { cache, clock } = make()
  cache.keep('k', valid(clock.now() + 10_000))
  clock.tick(9)
  t.ok(cache.get('k'))
  clock.tick(1)
  t.equal(cache.get('k'), null)
})

t.test('an invalid token is refused for a short time, and is no longer believed', async t => {
  const { cache, clock } = make()
  cache.keep('k', valid(clock.now() + 3_600_000))
  cache.keep('k', INVALID)
  t.equal(cache.get('k'), INVALID)
  clock.tick(REFUSED_SECONDS)
  t.equal(cache.get('k'), null)
  cache.refuse('k', clock.now() + 1_000_000)
  clock.tick(999)
  t.equal(cache.get('k'), INVALID)
})

t.test('turned off, it keeps no valid token', async t => {
  for (const seconds of [-1, 0]) {
    const { cache, clock } = make({ seconds })
    cache.keep('k', valid(clock.now() + 3_600_000))
    t.equal(cache.get('k'), null)
  }
})

t.test('all who ask at the same time share one check', async t => {
  const { cache, clock } = make()
  const verdict = valid(clock.now() + 3_600_000)
  let checks = 0
  const check = async () => {
    checks++
    await new Promise(setImmediate)
    return verdict
  }
  t.same(new Set(await Promise.all(Array.from({ length: 100 }, () => cache.load('k', check)))), new Set([verdict]))
  t.equal(checks, 1)
  t.equal(cache.get('k'), verdict)
})

t.test('what nobody could say is not kept, nor is a check that failed', async t => {
  const { cache } = make()
  t.equal(await cache.load('k', () => Promise.resolve(UNAVAILABLE)), UNAVAILABLE)
  await t.rejects(cache.load('k', () => Promise.reject(new Error('a defect'))), /a defect/)
  t.equal(cache.get('k'), null)
  t.equal(await cache.load('k', () => Promise.resolve(INVALID)), INVALID)
})

t.test('garbage displaces nothing but garbage, and fills no memory', async t => {
  const { cache, clock } = make({ entries: 100 })
  cache.keep('good', valid(clock.now() + 3_600_000))
  for (let index = 0; index < 10_000; index++) cache.keep(`bad ${String(index)}`, INVALID)
  t.ok(cache.get('good'))
  t.equal(cache.size, 101)
  t.equal(cache.get('bad 9999'), INVALID)
  t.equal(cache.get('bad 0'), null)
  for (let index = 0; index < 1_000; index++) cache.keep(`good ${String(index)}`, valid(clock.now() + 3_600_000))
  t.equal(cache.size, 200)
})

t.test('no more tokens are checked at a time than it says', async t => {
  const { cache } = make({ pending: 2 })
  const release: (() => void)[] = []
  const check = () => new Promise<Verdict>(resolve => { release.push(() => { resolve(INVALID) }) })
  const [one, two] = [cache.load('1', check), cache.load('2', check)]
  t.equal(await cache.load('3', check), UNAVAILABLE)
  for (const each of release) each()
  t.same(await Promise.all([one, two]), [INVALID, INVALID])
  t.equal(await cache.load('3', () => Promise.resolve(INVALID)), INVALID)
})

t.test('the key of a token does not tell the token', async t => {
  t.equal(keyOf('token').length, 44)
  t.not(keyOf('token'), keyOf('token '))
})
