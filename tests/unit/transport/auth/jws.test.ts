import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import t, { type Test } from 'tap'
import { jwsLook, looksSigned, type Look } from '../../../../lib/transport/http/auth/jws.ts'
import type { Expiry } from '../../../../lib/transport/http/auth/validator.ts'
import { HandClock } from '../../../helpers/clock.ts'
import { memoryLog } from '../../../helpers/identity.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const clock = new HandClock()
const now = clock.now() / 1000
const claims = { sub: 'u', iat: now - 10, exp: now + 3600, openstack_project_id: 'p', openstack_methods: ['password'] }

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

function sign(over: object = {}, key = pair.privateKey): string {
  return jwt.sign({ ...claims, ...over }, key, { algorithm: 'ES256' })
}

function make(t: Test, files: Record<string, string>): { readonly folder: string; readonly lines: readonly string[]; look(token: string, expiry?: Expiry): Look } {
  const folder = t.testdir(files)
  const { log, lines } = memoryLog()
  const look = jwsLook(folder, { clock, log })
  return { folder, lines, look: (token, expiry = 'refuse_expired') => look(token, expiry) }
}

t.test('a token tells its user, its project and its end', async t => {
  const { look } = make(t, { 'public.pem': pem(pair.publicKey) })
  t.same(look(sign()), { kind: 'signed', claims: { user: 'u', project: 'p', expires: claims.exp * 1000, isRestricted: false } })
  t.match(look(sign({ openstack_project_id: undefined, openstack_system: 'all' })), { kind: 'signed', claims: { project: '' } })
})

t.test('a token to which there may be more says so', async t => {
  const { look } = make(t, { 'public.pem': pem(pair.publicKey) })
  for (const name of ['openstack_app_cred_id', 'openstack_trust_id', 'openstack_access_token_id', 'openstack_group_ids']) t.match(look(sign({ [name]: 'x' })), { claims: { isRestricted: true } }, name)
})

t.test('an expired token is as good as a forged one, unless expired ones are allowed', async t => {
  const { look } = make(t, { 'public.pem': pem(pair.publicKey) })
  const expired = sign({ exp: now - 1 })
  t.same(look(expired), { kind: 'forged' })
  t.match(look(expired, 'allow_expired'), { kind: 'signed' })
  t.same(look(sign({ iat: now + 60 })), { kind: 'forged' }, 'not yet made')
  t.match(look(sign({ iat: now + 20 })), { kind: 'signed' }, 'the clocks may differ a little')
})

t.test('all keys count, and what is none is told of', async t => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const wrong = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const { look, lines } = make(t, { 'a.pem': pem(other.publicKey), 'b.pem': pem(pair.publicKey), 'c.pem': pem(wrong.publicKey), 'd.txt': 'no key' })
  t.match(look(sign()), { kind: 'signed' })
  t.match(look(sign({}, other.privateKey)), { kind: 'signed' })
  t.equal(lines.filter(line => line.includes('not a public key')).length, 2)
})

t.test('without a key, nothing can be told', async t => {
  t.same(make(t, {}).look(sign()), { kind: 'unknown' })
  const { log, lines } = memoryLog()
  const look = jwsLook('/nowhere/at/all', { clock, log })
  t.same(look(sign(), 'refuse_expired'), { kind: 'unknown' })
  t.equal(lines.length, 1)
})

t.test('other tokens are none of these', async t => {
  const { look } = make(t, { 'public.pem': pem(pair.publicKey) })
  for (const token of ['gAAAAABl', 'a.b.c', 'eyJhbGci', 'eyJ.a', 'eyJ.a.b.c', '']) {
    t.equal(looksSigned(token), false, token)
    t.same(look(token), { kind: 'unknown' }, token)
  }
  for (const token of ['eyJ.a.', 'eyJ.a.b', 'eyJhbGciOiJub25lIn0.e30.']) t.same(look(token), { kind: 'forged' }, token)
})

t.test('keys that came are used, keys that went are not, and those in use stay while the folder cannot be read', async t => {
  const { folder, look } = make(t, {})
  t.same(look(sign()), { kind: 'unknown' })
  writeFileSync(join(folder, 'public.pem'), pem(pair.publicKey))
  t.same(look(sign()), { kind: 'unknown' }, 'it looks once a second')
  clock.tick(1)
  t.match(look(sign()), { kind: 'signed' })
  rmSync(folder, { recursive: true })
  clock.tick(1)
  t.match(look(sign()), { kind: 'signed' })
})
