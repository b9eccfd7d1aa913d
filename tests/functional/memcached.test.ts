/** What servers share about tokens through a real memcached. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { identify } from '../../lib/transport/http/auth/identity.ts'
import { sharedCache } from '../../lib/transport/http/auth/shared-cache.ts'
import { keyOf } from '../../lib/transport/http/auth/token-cache.ts'
import { Http } from '../helpers/http.ts'
import { description, IdentityServer, keystoneOptions, memoryLog } from '../helpers/identity.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const SECRET = 'a long and random secret'
const REFUSED = 'an entry of memcached is not genuine, or not of this service: it is refused, and Keystone is asked'
const FAILS = 'a memcached fails, and is left alone for a while'
const AGAIN = 'a memcached is used again'

/** A memcached that ends with the test. */
class Memcached {
  readonly port: number
  #child: ChildProcess | null = null

  constructor(port: number) {
    this.port = port
  }

  get address(): string {
    return `127.0.0.1:${String(this.port)}`
  }

  async start(): Promise<this> {
    const child = spawn('memcached', ['-l', '127.0.0.1', '-p', String(this.port), '-U', '0', '-m', '16', '-u', 'nobody'], { stdio: 'ignore' })
    this.#child = child
    await until('memcached listens', () => new Promise<boolean>((resolve, reject) => {
      if (child.exitCode !== null) reject(new Error('memcached ended'))
      const socket = connect(this.port, '127.0.0.1', () => { resolve(true) }).on('error', () => { resolve(false) })
      socket.on('connect', () => { socket.destroy() })
    }))
    return this
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startMemcached(t: Test): Promise<Memcached> {
  const memcached = new Memcached(await freePort())
  t.teardown(() => memcached.kill())
  return memcached.start()
}

/** A server that shares. */
function sharer(t: Test, identity: IdentityServer, over: Readonly<Record<string, string>>, workers = 1): Promise<RunningServer> {
  const group = {
    auth_url: identity.url, www_authenticate_uri: identity.url, username: 'marconi', password: 'pw', user_domain_id: 'default', project_name: 'service', project_domain_id: 'default',
    memcache_pool_socket_timeout: '1', ...over,
  }
  const env = Object.fromEntries(Object.entries(group).map(([name, value]) => [`MARCONI_KEYSTONE_AUTHTOKEN__${name.toUpperCase()}`, value]))
  return startServer(t, { dataDir: temporaryFolder(t), workers, env: { MARCONI_DEFAULT__AUTH_STRATEGY: 'keystone', ...env } })
}

/** Asks a server over a new connection, so that any of its workers may get it. */
async function ask(server: RunningServer, token: string, method: 'GET' | 'PUT' = 'GET', path = '/v1/queues'): Promise<number> {
  const http = new Http(server.url)
  try {
    return (await http.call(method, path, undefined, { 'X-Auth-Token': token })).status
  } finally {
    http.close()
  }
}

function logged(server: RunningServer, message: string): number {
  return server.log.filter(({ msg }) => msg === message).length
}

async function identityOf(t: Test, ...tokens: string[]): Promise<IdentityServer> {
  const identity = await new IdentityServer().start(t)
  for (const token of tokens) identity.tokens.set(token, description())
  return identity
}

/** Leaves an entry for a token, as whoever can write to memcached may: one of an administrator of another project. */
async function forge(t: Test, { identity, memcached, token, secret }: {
  readonly identity: IdentityServer; readonly memcached: Memcached; readonly token: string; readonly secret: string
}): Promise<void> {
  const options = keystoneOptions(identity.url, { memcached_servers: [memcached.address], memcache_secret_key: secret })
  const cache = sharedCache(options, { log: memoryLog().log, clock: systemClock })
  t.teardown(() => { cache?.close() })
  const expires = systemClock.now() + 3_600_000
  const roles = ['admin']
  const entry = { identity: identify({ user: { id: 'mallory', name: 'mallory' }, project: 'p2', roles, expires, isAdminProject: true }), roles, expires, rules: null }
  await cache?.put(keyOf(token), entry, systemClock.now())
  t.ok(await cache?.get(keyOf(token)), 'the forged entry is there')
}

if (spawnSync('memcached', ['-V']).status !== 0) missing(t, 'memcached', 'memcached')
else {
  t.test('servers and their workers share one call to Keystone a token', async t => {
    const memcached = await startMemcached(t)
    for (const over of [{}, { memcache_security_strategy: 'MAC', memcache_secret_key: SECRET }, { memcache_security_strategy: 'ENCRYPT', memcache_secret_key: SECRET }]) {
      const tokens = ['one', 'two', 'three'].map(token => `${token}-${JSON.stringify(over).length.toString()}`)
      const identity = await identityOf(t, ...tokens)
      const shared = { memcached_servers: memcached.address, ...over }
      const servers = [await sharer(t, identity, shared, 3), await sharer(t, identity, shared)]
      for (const token of tokens) for (const server of servers) for (let count = 0; count < 12; count++) t.equal(await ask(server, token), 204)
      t.equal(identity.validations, tokens.length, JSON.stringify(over))
      const [first] = servers
      if (first === undefined) continue
      t.equal(await ask(first, 'unknown'), 401)
      await Promise.all(servers.map(server => server.stop()))
      t.equal(first.log.some(({ msg }) => /can forge identities/.test(String(msg))), !('memcache_secret_key' in over), 'the warning')
      t.equal(servers.reduce((sum, server) => sum + logged(server, REFUSED) + logged(server, FAILS), 0), 0)
      t.notMatch(servers.map(({ stderr }) => stderr).join(''), new RegExp(SECRET))
    }
  })

  t.test('with a secret, forged entries are refused, and Keystone is asked', async t => {
    const memcached = await startMemcached(t)
    const identity = await identityOf(t, 'known')
    const shared = { memcached_servers: memcached.address }
    const trusting = await sharer(t, identity, shared)
    await forge(t, { identity, memcached, token: 'stolen', secret: '' })
    t.equal(await ask(trusting, 'stolen'), 204, 'without one, as the warning says, it is believed')
    t.equal(identity.validations, 0)
    for (const strategy of ['MAC', 'ENCRYPT']) {
      const careful = await sharer(t, identity, { ...shared, memcache_security_strategy: strategy, memcache_secret_key: SECRET })
      for (const secret of ['', 'another secret']) {
        await forge(t, { identity, memcached, token: `unknown-${strategy}`, secret })
        await forge(t, { identity, memcached, token: 'known', secret })
        t.equal(await ask(careful, `unknown-${strategy}`), 401, strategy)
      }
      const before = identity.validations
      t.equal(await ask(careful, 'known', 'PUT', '/v1/queues/of-p1'), 201)
      t.equal(identity.validations, before + 1)
      await until('it tells of it', () => logged(careful, REFUSED) === 1)
      const requests = await until('it tells of the request', () => {
        const found = careful.log.filter(({ path }) => path === '/v1/queues/of-p1')
        return found.length > 0 && found
      })
      t.match(requests, [{ project: 'p1', user: 'u1' }], 'it is who Keystone says')
      await careful.stop()
    }
  })

  t.test('a memcached that is killed, stands still or comes back does no harm', async t => {
    const memcached = await startMemcached(t)
    const fresh = Array.from({ length: 2000 }, (_, number) => `fresh-${String(number)}`)
    const identity = await identityOf(t, 'a', 'b', 'd', 'e', ...fresh)
    const shared = { memcached_servers: memcached.address, memcache_security_strategy: 'MAC', memcache_secret_key: SECRET, memcache_pool_dead_retry: '2' }
    const servers = [await sharer(t, identity, shared), await sharer(t, identity, shared)]

    async function validationsOf(token: string): Promise<number> {
      const before = identity.validations
      for (const server of servers) t.equal(await ask(server, token), 204, token)
      return identity.validations - before
    }

    t.equal(await validationsOf('a'), 1)
    await memcached.kill()
    t.equal(await validationsOf('a'), 0, 'what is known is known')
    t.equal(await validationsOf('b'), 2, 'each asks for itself')
    for (const server of servers) await until('it tells that memcached fails', () => logged(server, FAILS) === 1)
    await memcached.start()
    await until('it is shared again', async () => (await validationsOf(fresh.pop() ?? '')) === 1)
    for (const server of servers) await until('it tells that memcached is back', () => logged(server, AGAIN) === 1)
    memcached.signal('SIGSTOP')
    t.equal(await validationsOf('d'), 2)
    t.equal(await validationsOf('e'), 2)
    memcached.signal('SIGCONT')
  })

  t.test('while requests run, a memcached that is killed makes none of them fail', async t => {
    const memcached = await startMemcached(t)
    const tokens = Array.from({ length: 400 }, (_, number) => `token-${String(number)}`)
    const identity = await identityOf(t, ...tokens)
    const server = await sharer(t, identity, { memcached_servers: memcached.address, memcache_secret_key: SECRET }, 2)
    let killed: Promise<void> | null = null
    const statuses = new Set<number>()
    let next = 0
    const client = async () => {
      for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) {
        if (next === 200) killed = memcached.kill()
        statuses.add(await ask(server, token))
      }
    }
    await Promise.all(Array.from({ length: 8 }, client))
    await killed
    t.same([...statuses], [204])
    t.equal(identity.validations, tokens.length)
  })
}
