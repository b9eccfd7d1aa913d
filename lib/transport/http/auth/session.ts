/** The service's own token, and the address of Keystone that came with it. */
import type { Clock, Instant } from '../../../clock.ts'
import { listOf, membersOf } from './identity.ts'
import { Unreachable, type IdentityClient, type Reply } from './identity-client.ts'
import { loginKind, type KeystoneOptions } from './options.ts'

/** What it takes to ask Keystone something. */
export interface Access {
  readonly token: string
  /** Where the v3 API is, by the catalogue; addresses of the same service, to be tried in turn. */
  readonly servers: readonly string[]
}

/** The service's own session with Keystone. */
export interface Session {
  /** A token that is good for a while, and where to use it. Rejects with `Unreachable` if there is none to be had. */
  access(): Promise<Access>
  /** Has the next one made anew, for this one was refused. */
  forget(refused: Access): void
}

interface Held extends Access {
  readonly renewAt: Instant
}

/** How long before its end a token is renewed. One that lives shorter than twice that is renewed at half its life. */
const RENEW_BEFORE_MS = 120_000
/** How long after a login that failed none is tried. */
const PAUSE_MS = 1_000

/** Opens a session. Nothing is sent before it is needed. */
export function openSession(options: KeystoneOptions, { client, clock }: { readonly client: IdentityClient; readonly clock: Clock }): Session {
  const body = loginBody(options)
  let held: Held | null = null
  let logging: Promise<Held> | null = null
  let failed: { readonly why: unknown; readonly until: Instant } | null = null

  async function login(url: string): Promise<Reply> {
    const server = await discover(client, url)
    const reply = await client.ask([server], { method: 'POST', path: '/auth/tokens', body, headers: { 'Content-Type': 'application/json' } })
    if (reply.status !== 201) throw new Unreachable(`${url}: logging in was answered with ${String(reply.status)}`, 'lasting')
    return reply
  }

  async function renew(): Promise<Held> {
    const reply = await client.persist(() => tryInTurn(options.auth_url, login))
    return heldOf(reply, options, clock.now())
  }

  return {
    async access() {
      const now = clock.now()
      if (held !== null && now < held.renewAt) return held
      if (logging === null && failed !== null && now < failed.until) throw failed.why
      logging ??= renew().then(
        fresh => {
          held = fresh
          failed = null
          return fresh
        },
        (why: unknown) => {
          failed = { why, until: clock.now() + PAUSE_MS }
          throw why
        },
      ).finally(() => { logging = null })
      return logging
    },
    forget(refused) {
      if (held?.token === refused.token) held = null
    },
  }
}

async function tryInTurn<Result>(urls: readonly string[], attempt: (url: string) => Promise<Result>): Promise<Result> {
  let failure: unknown = new Unreachable('no address of Keystone is known', 'lasting')
  for (const url of urls) {
    try {
      return await attempt(url)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/**
 * Where the v3 API is, below an address that may be of any version or of none. Only the path is taken from what Keystone says of
 * itself: it may know itself by a name that is not to be reached from here.
 */
async function discover(client: IdentityClient, url: string): Promise<string> {
  const root = url.replace(/\/+$/, '')
  if (root.endsWith('/v3')) return root
  const reply = await client.ask([root], { method: 'GET', path: '/' })
  const body = membersOf(reply.json())
  const offered = [...listOf(membersOf(body['versions'])['values']), ...listOf(body['versions']), body['version']]
  for (const version of offered.map(membersOf)) {
    if (typeof version['id'] !== 'string' || !version['id'].startsWith('v3')) continue
    const self = listOf(version['links']).map(membersOf).find(link => link['rel'] === 'self')?.['href']
    if (typeof self === 'string' && URL.canParse(self, root)) return new URL(root).origin + new URL(self, root).pathname.replace(/\/+$/, '')
  }
  return withVersion(root)
}

function withVersion(url: string): string {
  const root = url.replace(/\/+$/, '').replace(/\/v2\.0$/, '')
  return root.endsWith('/v3') ? root : `${root}/v3`
}

function heldOf(reply: Reply, { interface: face, region_name: region }: KeystoneOptions, now: Instant): Held {
  const token = reply.header('x-subject-token')
  const description = membersOf(membersOf(reply.json())['token'])
  const expires = Date.parse(String(description['expires_at']))
  if (token === null || Number.isNaN(expires)) throw new Unreachable('the answer to a login is not understood', 'lasting')
  const servers = listOf(description['catalog']).map(membersOf).filter(({ type }) => type === 'identity')
    .flatMap(({ endpoints }) => listOf(endpoints).map(membersOf))
    .filter(endpoint => endpoint['interface'] === face && (region === '' || endpoint['region_id'] === region || endpoint['region'] === region))
    .flatMap(({ url }) => typeof url === 'string' && URL.canParse(url) ? [withVersion(url)] : [])
  if (servers.length === 0) throw new Unreachable(`the catalogue has no ${face} address of identity${region === '' ? '' : ` in ${region}`}`, 'lasting')
  return { token, servers, renewAt: expires - Math.min(RENEW_BEFORE_MS, (expires - now) / 2) }
}

function named(id: string, name: string): { readonly id: string } | { readonly name: string } {
  return id === '' ? { name } : { id }
}

function loginBody(options: KeystoneOptions): string {
  const kind = loginKind(options)
  if (kind === null) throw new Error('[keystone_authtoken]: this service cannot log in to Keystone with what is given')
  const { user_id: userId, username, user_domain_id: userDomainId, user_domain_name: userDomain, password } = options
  const user = { ...named(userId, username), ...userId === '' ? { domain: named(userDomainId, userDomain) } : {} }
  if (kind === 'password') return JSON.stringify({ auth: { identity: { methods: ['password'], password: { user: { ...user, password } } }, scope: scopeOf(options) } })
  const { application_credential_id: id, application_credential_name: name, application_credential_secret: secret } = options
  const credential = { ...named(id, name), secret, ...id === '' ? { user } : {} }
  return JSON.stringify({ auth: { identity: { methods: ['application_credential'], application_credential: credential } } })
}

function scopeOf({ system_scope: system, project_id: id, project_name: name, project_domain_id: domainId, project_domain_name: domain }: KeystoneOptions): unknown {
  if (system !== '') return { system: { all: true } }
  return { project: { ...named(id, name), ...id === '' ? { domain: named(domainId, domain) } : {} } }
}
