/** The `[keystone_authtoken]` group: how tokens are checked with Keystone. Names and meaning are those of OpenStack's own middleware. */
import type { OptionTable, Values } from '../../../options.ts'
import { parseAddress } from './memcached.ts'

const AUTH_URLS: readonly string[] = []
const MEMCACHED_SERVERS: readonly string[] = []
const SERVICE_ROLES: readonly string[] = ['service']

/** The longest that an answer about a token is believed, in seconds: a revoked token lives on for that long. */
export const MAX_CACHE_SECONDS = 300

export const KEYSTONE_OPTIONS = {
  www_authenticate_uri: {
    doc: 'The public address of Keystone, which a client without a valid token is told. Empty means the first of auth_url.',
    format: 'string', default: '', deprecated: ['keystone_authtoken/auth_uri'],
  },
  auth_type: {
    doc:
      'How this service logs in to Keystone: with a user name and password, or with an application credential. Empty means with '
      + 'whichever of the two is given.',
    format: ['', 'password', 'v3password', 'v3applicationcredential'], default: '', deprecated: ['keystone_authtoken/auth_plugin'],
  },
  auth_url: {
    doc: 'Where Keystone is, as in http://controller:5000/v3. Several addresses of one Keystone are tried in turn.',
    format: 'list', default: AUTH_URLS,
  },
  username: { doc: 'The user that this service logs in as.', format: 'string', default: '', deprecated: ['keystone_authtoken/user_name'] },
  user_id: { doc: 'The id of that user; then username and its domain are not needed.', format: 'string', default: '' },
  password: { doc: 'The password of that user.', format: 'string', default: '', secret: true },
  user_domain_id: { doc: 'The id of the domain of that user.', format: 'string', default: '' },
  user_domain_name: { doc: 'The name of the domain of that user, in place of its id.', format: 'string', default: '' },
  project_id: {
    doc: 'The id of the project that this service logs in to.', format: 'string', default: '', deprecated: ['keystone_authtoken/tenant_id'],
  },
  project_name: {
    doc: 'The name of that project, in place of its id.', format: 'string', default: '', deprecated: ['keystone_authtoken/tenant_name'],
  },
  project_domain_id: { doc: 'The id of the domain of that project.', format: 'string', default: '' },
  project_domain_name: { doc: 'The name of the domain of that project, in place of its id.', format: 'string', default: '' },
  system_scope: { doc: 'Log in to the system as a whole, `all`, in place of a project.', format: ['', 'all'], default: '' },
  application_credential_id: { doc: 'The id of the application credential that this service logs in with.', format: 'string', default: '' },
  application_credential_name: { doc: 'Its name, in place of its id. Then its user must be given as well.', format: 'string', default: '' },
  application_credential_secret: { doc: 'The secret of that application credential.', format: 'string', default: '', secret: true },
  interface: {
    doc: 'Which address of Keystone in the catalogue tokens are checked at.', format: ['internal', 'public', 'admin'], default: 'internal',
  },
  region_name: { doc: 'The region whose Keystone is asked. Empty means any.', format: 'string', default: '' },
  http_connect_timeout: { doc: 'How long one call to Keystone may take, in seconds.', format: 'nat', default: 10, min: 1, max: 600 },
  http_request_max_retries: { doc: 'How often a call is made again when Keystone cannot be reached.', format: 'nat', default: 3, max: 100 },
  cafile: { doc: 'The file of the authorities that sign the certificate of Keystone, in PEM. Empty means those of the system.', format: 'string', default: '' },
  certfile: { doc: 'The file of the certificate that this service shows to Keystone, in PEM.', format: 'string', default: '' },
  keyfile: { doc: 'The file of the key of that certificate, in PEM.', format: 'string', default: '' },
  insecure: { doc: 'Believe any certificate. Whoever stands between then reads all tokens.', format: 'boolean', default: false },
  token_cache_time: {
    doc:
      'How long an answer of Keystone about a token is believed, in seconds, and never longer than the token lives. A token that is '
      + 'revoked works for that long. -1 asks for every request.',
    format: 'nat', default: MAX_CACHE_SECONDS, min: -1, max: MAX_CACHE_SECONDS,
  },
  memcached_servers: {
    doc:
      'The memcached servers, as in cache1:11211, through which all workers and machines with the same auth_url share what Keystone '
      + 'said of valid tokens. Empty means that each process asks for itself.',
    format: 'list', default: MEMCACHED_SERVERS, deprecated: ['keystone_authtoken/memcache_servers'],
  },
  memcache_security_strategy: {
    doc:
      'How what is left with memcached is protected by memcache_secret_key: MAC against forgery, ENCRYPT against being read as well. '
      + 'Without that key there is no protection, and whoever can write to memcached can forge identities.',
    format: ['None', 'MAC', 'ENCRYPT'], default: 'None',
  },
  memcache_secret_key: {
    doc: 'The secret of all that share these memcached servers: long, random, and known to nobody else.', format: 'string', default: '', secret: true,
  },
  memcache_pool_socket_timeout: { doc: 'How long one call to memcached may take, in seconds.', format: 'nat', default: 3, min: 1, max: 60 },
  memcache_pool_dead_retry: { doc: 'How long a memcached that failed is left alone, in seconds.', format: 'nat', default: 300, min: 1, max: 86_400 },
  include_service_catalog: {
    doc: 'Have Keystone send the catalogue along with each token. It is needed for application credentials with access rules only.',
    format: 'boolean', default: true,
  },
  service_token_roles: {
    doc: 'A service that acts for a user shows a token of its own, which must hold one of these roles.', format: 'list', default: SERVICE_ROLES,
  },
  service_token_roles_required: { doc: 'Refuse a service token that holds none of these roles.', format: 'boolean', default: true },
  service_type: {
    doc: 'What this service is in the catalogue, and in the access rules of application credentials.', format: 'string', default: 'messaging',
  },
  jws_public_key_repository: {
    doc:
      'A folder with the public keys that Keystone signs its tokens with, one a file, in PEM, for a Keystone whose token provider is '
      + 'jws. Forged and expired tokens are then refused without asking Keystone. The folder is read again when it changes. Empty turns it off.',
    format: 'string', default: '',
  },
  jws_offline: {
    doc:
      'Believe a token signed with one of these keys without asking Keystone at all. Roles are then unknown, and a revoked token or '
      + 'one of a disabled user works until it expires. Keystone is asked only where a policy looks at roles.',
    format: 'boolean', default: false,
  },
} as const satisfies OptionTable

/** How tokens are checked with Keystone. */
export type KeystoneOptions = Values<typeof KEYSTONE_OPTIONS>

/** How the service logs in, or null if what is given does not suffice for either way. */
export function loginKind(options: KeystoneOptions): 'password' | 'application_credential' | null {
  const { auth_type: type, application_credential_secret: secret } = options
  if (type === 'v3applicationcredential' || (type === '' && secret !== '')) return hasCredential(options) ? 'application_credential' : null
  return hasUser(options) && options.password !== '' && hasScope(options) ? 'password' : null
}

function hasCredential(options: KeystoneOptions): boolean {
  const isNamed = options.application_credential_id !== '' || (options.application_credential_name !== '' && hasUser(options))
  return isNamed && options.application_credential_secret !== ''
}

function hasUser({ user_id: id, username, user_domain_id: domainId, user_domain_name: domain }: KeystoneOptions): boolean {
  return id !== '' || (username !== '' && (domainId !== '' || domain !== ''))
}

function hasScope(options: KeystoneOptions): boolean {
  const { project_id: id, project_name: name, project_domain_id: domainId, project_domain_name: domain } = options
  return options.system_scope !== '' || id !== '' || (name !== '' && (domainId !== '' || domain !== ''))
}

/** What an operator must put right before tokens can be checked with Keystone: one line each, none if all is well. */
export function keystoneProblems(options: KeystoneOptions): readonly string[] {
  const problems: string[] = []
  if (options.auth_url.length === 0) {
    problems.push('[keystone_authtoken] auth_url: the address of Keystone is needed, as in http://controller:5000/v3, because [DEFAULT] auth_strategy is keystone')
  }
  for (const [name, url] of [...options.auth_url.map(each => ['auth_url', each] as const), ['www_authenticate_uri', options.www_authenticate_uri] as const]) {
    if (url !== '' && !isHttpUrl(url)) problems.push(`[keystone_authtoken] ${name} = ${JSON.stringify(url)}: expected an address that begins with http:// or https://`)
  }
  if (loginKind(options) === null) problems.push(credentialProblem(options))
  if ((options.certfile === '') !== (options.keyfile === '')) problems.push('[keystone_authtoken] certfile, keyfile: one is of no use without the other')
  if (options.jws_offline && options.jws_public_key_repository === '') {
    problems.push('[keystone_authtoken] jws_offline: needs the public keys of Keystone, in the folder jws_public_key_repository')
  }
  return [...problems, ...memcachedProblems(options)]
}

function memcachedProblems({ memcached_servers: servers, memcache_security_strategy: strategy, memcache_secret_key: secret }: KeystoneOptions): readonly string[] {
  const problems = servers.filter(server => parseAddress(server) === null)
    .map(server => `[keystone_authtoken] memcached_servers = ${JSON.stringify(server)}: expected a host and a port, as in cache1:11211`)
  if (strategy !== 'None' && secret === '') {
    problems.push(`[keystone_authtoken] memcache_secret_key: is needed, because memcache_security_strategy is ${strategy}`)
  }
  return problems
}

function credentialProblem({ auth_type: type, application_credential_secret: secret }: KeystoneOptions): string {
  return type === 'v3applicationcredential' || (type === '' && secret !== '')
    ? '[keystone_authtoken]: to log in with an application credential, application_credential_id and application_credential_secret are needed'
    : '[keystone_authtoken]: this service cannot log in to Keystone: give username, password, user_domain_name, project_name and '
      + 'project_domain_name, or application_credential_id and application_credential_secret'
}

function isHttpUrl(text: string): boolean {
  // what URL would quietly put right cannot stand in a header
  return /^https?:\/\/[!#-~]+$/i.test(text) && URL.canParse(text)
}
