import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { compileRules } from '../../../../lib/transport/http/auth/access-rules.ts'
import { identify, type ValidToken } from '../../../../lib/transport/http/auth/identity.ts'
import { memcached, parseAddress, type Memcached } from '../../../../lib/transport/http/auth/memcached.ts'
import { keystoneProblems, type KeystoneOptions } from '../../../../lib/transport/http/auth/options.ts'
import { sealFor, type Strategy } from '../../../../lib/transport/http/auth/sealing.ts'
import { MAX_VALUE, readEntry, sharedCache, writeEntry, type SharedCache } from '../../../../lib/transport/http/auth/shared-cache.ts'
import { keyOf, UNAVAILABLE } from '../../../../lib/transport/http/auth/token-cache.ts'
import { keystoneTokens } from '../../../../lib/transport/http/auth/tokens.ts'
import { HandClock } from '../../../helpers/clock.ts'
import { description, IdentityServer, keystoneOptions, memoryLog } from '../../../helpers/identity.ts'

const KEY = keyOf('the-token')
const SECRET = 'a long and random secret'
const SEALED: Partial<KeystoneOptions> = { memcache_security_strategy: 'MAC', memcache_secret_key: SECRET }

function tokenOf(over: Partial<ValidToken> & { readonly project?: string; readonly seconds?: number } = {}): ValidToken {
  const { project = 'p1', seconds = 3600, roles = ['member', 'reader'], rules = null } = over
  const expires = new HandClock().now() + seconds * 1000
  return { identity: identify({ user: { id: 'u1', name: 'démo' }, project, roles, expires, isAdminProject: true }), roles, expires, rules }
}

/** A memcached in memory, and how long its values were to live. */
class Store implements Memcached {
  readonly values = new Map<string, Buffer>()
  readonly seconds: number[] = []
  get(name: string): Promise<Buffer | null> {
    return Promise.resolve(this.values.get(name) ?? null)
  }
  set(name: string, value: Buffer, seconds: number): Promise<void> {
    this.values.set(name, value)
    this.seconds.push(seconds)
    return Promise.resolve()
  }
  close(): void {
    this.values.clear()
  }
}

interface Fixture {
  readonly store: Store
  readonly clock: HandClock
  readonly lines: readonly string[]
  readonly cache: SharedCache
}

function make(over: Partial<KeystoneOptions> = SEALED, { store = new Store(), clock = new HandClock() } = {}): Fixture {
  const { log, lines } = memoryLog()
  const cache = sharedCache(keystoneOptions('http://k:5000/v3', { memcached_servers: ['m'], ...over }), { log, clock, store })
  if (cache === null) throw new Error('no cache')
  return { store, clock, lines, cache }
}

t.test('what one leaves another one finds, for the rest of the time', async t => {
  const one = make()
  const other = make(SEALED, one)
  const asked = one.clock.now()
  const rules = compileRules([{ service: 'messaging', method: 'GET', path: '/v1/queues/{id}/**' }], 'messaging')
  for (const token of [tokenOf(), tokenOf({ project: '', roles: [] }), tokenOf({ rules }), tokenOf({ rules: [] })]) {
    await one.cache.put(KEY, token, asked)
    t.same(await other.cache.get(KEY), { token, until: asked + 300_000 })
  }
  one.clock.tick(299)
  t.ok(await other.cache.get(KEY))
  one.clock.tick(1)
  t.equal(await other.cache.get(KEY), null)
  t.equal(other.lines.length, 0)
})

t.test('an entry lives no longer than its token, nor than it is believed', async t => {
  const { cache, store, clock } = make()
  const asked = clock.now()
  await cache.put(KEY, tokenOf(), asked)
  await cache.put(KEY, tokenOf({ seconds: 10 }), asked)
  clock.tick(3)
  await cache.put(KEY, tokenOf(), asked)
  await cache.put(KEY, tokenOf({ seconds: 3 }), asked)
  await cache.put(KEY, tokenOf({ seconds: -5 }), asked)
  t.same(store.seconds, [300, 10, 297])
  const impatient = make({ ...SEALED, token_cache_time: 2 }, { store, clock })
  t.equal(await impatient.cache.get(KEY), null, 'one who believes for a shorter time')
  const behind = make(SEALED, { store, clock })
  await behind.cache.put(KEY, tokenOf(), clock.now() + 120_000)
  t.equal(await behind.cache.get(KEY), null, 'what was asked in the future')
})

t.test('neither the token nor a secret is in it, and with encryption nothing can be read', async t => {
  for (const strategy of ['None', 'MAC', 'ENCRYPT'] as const) {
    const { cache, store, clock } = make({ memcache_security_strategy: strategy, memcache_secret_key: strategy === 'None' ? '' : SECRET })
    await cache.put(KEY, tokenOf(), clock.now())
    const [[name, value] = ['', Buffer.of()]] = store.values
    t.match(name, new RegExp(`^marconi-token-1-[0-9a-f]{16}-${KEY.replace(/[+]/g, '\\+')}$`))
    t.notMatch(name + value.toString('latin1'), /the-token|secret/)
    t.equal(value.includes('member'), strategy !== 'ENCRYPT', strategy)
    t.ok(await cache.get(KEY))
  }
})

t.test('an entry is refused when a bit of it is changed, or when it is that of another', async t => {
  for (const strategy of ['MAC', 'ENCRYPT'] as const) {
    const { cache, store, clock, lines } = make({ ...SEALED, memcache_security_strategy: strategy })
    await cache.put(KEY, tokenOf(), clock.now())
    const [[name, value] = ['', Buffer.of()]] = store.values
    for (let at = 0; at < value.length; at++) {
      const changed = Buffer.from(value)
      changed[at] = (changed[at] ?? 0) ^ 1
      store.values.set(name, changed)
      t.equal(await cache.get(KEY), null, `${strategy} ${String(at)}`)
    }
    for (let length = 0; length < value.length; length++) {
      store.values.set(name, value.subarray(0, length))
      t.equal(await cache.get(KEY), null)
    }
    const another = keyOf('another')
    store.values.set(name.replace(KEY, another), value)
    t.equal(await cache.get(another), null, 'moved to another token')
    t.equal(lines.length, 1, 'it is logged, but not each time')
    store.values.set(name, value)
    t.ok(await cache.get(KEY))
  }
})

t.test('one seal does not open what another one closed', t => {
  const seals: [Strategy, string][] = [['None', ''], ['MAC', 'a'], ['MAC', 'b'], ['ENCRYPT', 'a'], ['ENCRYPT', 'b']]
  const value = Buffer.from('{}')
  for (const closing of seals) for (const opening of seals) {
    t.same(sealFor(...opening).open('n', sealFor(...closing).close('n', value)), closing === opening ? value : null, `${closing.join()} ${opening.join()}`)
  }
  t.same(sealFor('None', 'a').open('n', sealFor('MAC', 'a').close('n', value)), value, 'a secret is used at any rate')
  t.end()
})

t.test('another cloud, another service and another key find nothing', async t => {
  const { cache, store, clock } = make()
  await cache.put(KEY, tokenOf(), clock.now())
  for (const over of [{ auth_url: ['http://other/v3'] }, { service_type: 'other' }, { include_service_catalog: false }, { memcache_secret_key: 'other' }]) {
    t.equal(await make({ ...SEALED, ...over }, { store, clock }).cache.get(KEY), null, JSON.stringify(over))
  }
  t.ok(await make({ ...SEALED, auth_url: ['HTTP://K:5000/v3/'] }, { store, clock }).cache.get(KEY))
})

t.test('what is odd is no entry', async t => {
  const token = tokenOf()
  const good = JSON.parse(writeEntry({ token, asked: 5 }).toString()) as Record<string, unknown>
  const read = (value: unknown) => readEntry(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
  t.same(read(good), { token, asked: 5 })
  const changes: Record<string, unknown[]> = {
    asked: ['5', -1, 1.5, null], expires: [null, '2099-01-01', 1e300], user: [[], ['u1'], ['', 'x'], ['u1', 'x', 'y'], 'u1', [1, 2], { 0: 'u1', 1: 'x' }],
    project: ['', 1, 'x'.repeat(257), ['p1']], admin: [1, null, 'true'], roles: ['admin', [1], null, { length: 0 }],
    rules: [1, {}, [1], [['GET']], [['GET', '/x']], [[1, []]], [['GET', [-3]]], [['GET', [70000]]], [['GET', [1.5]]], [['GET', [], 1]]], more: [1], __proto: [1],
  }
  for (const [name, values] of Object.entries(changes)) for (const value of values) t.equal(read({ ...good, [name]: value }), null, `${name} ${JSON.stringify(value)}`)
  for (const name of Object.keys(good)) t.equal(read({ ...good, [name]: undefined }), null, `without ${name}`)
  for (const text of ['', '{', 'null', '[]', '1', '{}', '[[[[', `${JSON.stringify(good)} `, '\ufffd']) t.equal(read(text), null, text)
  t.equal(readEntry(Buffer.of(0xff, 0xfe)), null)
  const { cache, store, clock } = make()
  await cache.put(KEY, tokenOf({ roles: ['x'.repeat(MAX_VALUE)] }), clock.now())
  t.equal(store.values.size, 0, 'too large to be kept')
})

t.test('without a secret one is warned, without servers or time there is none', t => {
  t.match(make({}).lines, [/whoever can write to memcached can forge identities/])
  t.equal(make(SEALED).lines.length, 0)
  const { log, lines } = memoryLog()
  for (const over of [{}, { memcached_servers: ['m'], token_cache_time: 0 }, { memcached_servers: ['m'], token_cache_time: -1 }]) {
    t.equal(sharedCache(keystoneOptions('http://k', over), { log, clock: new HandClock() }), null)
  }
  t.equal(lines.length, 0)
  t.end()
})

t.test('addresses and options are checked', t => {
  const cases: [string, ReturnType<typeof parseAddress>][] = [
    ['cache1', { host: 'cache1', port: 11211 }], ['10.0.0.1:22122', { host: '10.0.0.1', port: 22122 }], ['[::1]:1', { host: '::1', port: 1 }],
    ['inet6:[fe80::1]', { host: 'fe80::1', port: 11211 }], ['', null], ['a b', null], ['host:0', null], ['host:65536', null], ['::1', null], ['user:pw@host:1', null], ['/run/sock', null],
  ]
  for (const [text, address] of cases) t.same(parseAddress(text), address, text)
  t.throws(() => memcached({ servers: ['a b'], timeout: 1, deadRetry: 1 }, { clock: new HandClock(), log: memoryLog().log }))
  t.same(keystoneProblems(keystoneOptions('http://k', { memcached_servers: ['a', 'b:1'], ...SEALED })), [])
  t.match(keystoneProblems(keystoneOptions('http://k', { memcached_servers: ['a b'] })), [/memcached_servers = "a b"/])
  t.match(keystoneProblems(keystoneOptions('http://k', { memcache_security_strategy: 'ENCRYPT' })), [/memcache_secret_key: is needed/])
  t.end()
})

interface Odd {
  readonly address: string
  /** How many calls came in. */
  readonly calls: () => number
}

/** A server that does what no memcached does. */
async function odd(t: Test, answer: (socket: Socket, request: Buffer) => void): Promise<Odd> {
  let calls = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('data', (request: Buffer) => {
      calls++
      answer(socket, request)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, calls: () => calls }
}

/** The header of an answer to a request. */
function header(request: Buffer, length: number, { magic = 0x81, status = 0 } = {}): Buffer {
  const head = Buffer.alloc(24)
  head[0] = magic
  head[1] = request[1] ?? 0
  head.writeUInt16BE(status, 6)
  head.writeUInt32BE(length, 8)
  request.copy(head, 12, 12, 16)
  return head
}

const ODDITIES: Record<string, (socket: Socket, request: Buffer) => void> = {
  'says nothing': () => undefined,
  'closes the connection': socket => { socket.end() },
  'breaks the connection': socket => { socket.resetAndDestroy() },
  'speaks HTTP': socket => { socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n') },
  'speaks ASCII': socket => { socket.write('VALUE x 0 99999999999\r\n') },
  'promises more than it sends': (socket, request) => { socket.write(header(request, 0xffffffff)) },
  'sends without end': (socket, request) => {
    socket.write(header(request, 0xffffffff))
    const more = () => { if (!socket.destroyed) socket.write(Buffer.alloc(65_536), more) }
    more()
  },
  'wants a password': (socket, request) => { socket.write(header(request, 0, { status: 0x20 })) },
  'has no memory': (socket, request) => { socket.write(header(request, 0, { status: 0x82 })) },
  'answers another': (socket, request) => { socket.write(header(Buffer.alloc(24, 0x7f), 0)); socket.write(header(request, 9).fill(0xff, 4, 6)) },
}

for (const [what, answer] of Object.entries(ODDITIES)) t.test(`a memcached that ${what} costs a short time once, and no request`, async t => {
  const clock = new HandClock()
  const { address, calls } = await odd(t, answer)
  const { log, lines } = memoryLog()
  const store = memcached({ servers: [address], timeout: 0.2, deadRetry: 300 }, { clock, log })
  t.teardown(() => { store.close() })
  const start = performance.now()
  t.same(await Promise.all(Array.from({ length: 5 }, () => store.get('x'))), [null, null, null, null, null])
  const before = calls()
  for (let count = 0; count < 20; count++) {
    t.equal(await store.get('y'), null)
    await store.set('y', Buffer.from('y'), 1)
  }
  t.ok(performance.now() - start < 1000, 'it takes no longer than one time-out')
  t.equal(calls(), before, 'it is left alone')
  t.equal(lines.length, 1)
  clock.tick(300)
  await store.get('x')
  t.ok(calls() > before, 'it is tried again')
})

t.test('a token is checked whatever memcached does, and by one call to Keystone', async t => {
  const clock = new HandClock()
  const identity = await new IdentityServer().start(t)
  identity.now = () => clock.now()
  identity.tokens.set('good', description())
  const { log } = memoryLog()
  for (const answer of Object.values(ODDITIES)) {
    const { address } = await odd(t, answer)
    const tokens = keystoneTokens(keystoneOptions(identity.url, { memcached_servers: [address], memcache_pool_socket_timeout: 0.1 }), { log, clock })
    identity.calls.length = 0
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => tokens.find('good', 'user')))
    t.ok(verdicts.every(({ kind }) => kind === 'valid'))
    t.equal(identity.validations, 1)
    t.notOk(tokens.find('good', 'user') instanceof Promise, 'then it is known at once')
    t.same(await tokens.find('bad', 'user'), { kind: 'invalid' })
    identity.instead = () => 'break'
    t.same(await tokens.find('unknown', 'user'), UNAVAILABLE)
    identity.instead = () => null
    tokens.close()
  }
})
