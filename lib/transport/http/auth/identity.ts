/** Who asks: what a validated token says about it, and what the client may not say itself. */
import type { IncomingMessage } from 'node:http'
import type { Instant } from '../../../clock.ts'
import type { Caller } from '../../../model/caller.ts'
import { parseProject } from '../../../model/names.ts'
import { compileRules, type AccessRule } from './access-rules.ts'
import type { Verdict } from './token-cache.ts'

/** A user as Keystone knows it. */
export interface User {
  readonly id: string
  readonly name: string
}

/** Who a request was authenticated as. */
export interface Identity {
  /** Null for who comes with a signed URL. */
  readonly user: User | null
  /** Null for a token that is of no project: it may do nothing here, but is no stranger's. */
  readonly caller: Caller | null
  /** Of an identity that was read from the token alone, whose roles are unknown: asks Keystone for the whole of it. */
  readonly confirm?: () => Promise<Verdict>
}

/** Who a token was given to. */
export interface TokenIdentity extends Identity {
  readonly user: User
}

/** A token that Keystone, or its signature, vouches for. */
export interface ValidToken {
  readonly identity: TokenIdentity
  readonly roles: readonly string[]
  readonly expires: Instant
  /** What an application credential restricts itself to; null if it does not. */
  readonly rules: readonly AccessRule[] | null
}

const DOMAIN_PROJECT_USER = [
  'domain-id', 'domain-name', 'project-id', 'project-name', 'project-domain-id', 'project-domain-name',
  'user-id', 'user-name', 'user-domain-id', 'user-domain-name',
]

/** What stands in for an identity behind OpenStack's middleware. No client may bring it along (operator.md 3.1, 1). */
export const IDENTITY_HEADERS: ReadonlySet<string> = new Set([
  'x-identity-status', 'x-service-identity-status', 'x-service-catalog', 'x-is-admin-project', 'x-roles', 'x-service-roles',
  ...DOMAIN_PROJECT_USER.flatMap(name => [`x-${name}`, `x-service-${name}`]),
  'x-role', 'x-user', 'x-tenant', 'x-tenant-id', 'x-tenant-name',
  'openstack-system-scope',
])

const LETTER_X = 0x78
const LETTER_O = 0x6f

/** Removes what the client says about who it is, however it is spelled and however often. */
export function stripIdentity(req: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): void {
  const { headers } = req
  let isFound = false
  for (const name in headers) {
    if (!isIdentity(name) || headers[name] === undefined) continue
    // Deleting would make a slow object of one that all later stages read.
    headers[name] = undefined
    isFound = true
  }
  if (!isFound) return
  const { rawHeaders } = req
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) if (isIdentity(rawHeaders[at] ?? '')) rawHeaders.splice(at, 2)
}

/** Looks at the first letter before anything else: this is done for each header of each request. */
function isIdentity(name: string): boolean {
  const first = name.charCodeAt(0) | 0x20
  if (first !== LETTER_X && first !== LETTER_O) return false
  return IDENTITY_HEADERS.has(name.toLowerCase().replaceAll('_', '-'))
}

/** The members of a value, of none if it is no object. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : {}
}

/** A member of a value, if it is a list; else nothing. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Reads the answer of Keystone about a token. Null if it is not understood. */
export function readValidation(body: unknown, serviceType: string): ValidToken | null {
  const token = membersOf(membersOf(body)['token'])
  const user = membersOf(token['user'])
  const expires = Date.parse(textOf(token['expires_at']))
  const id = textOf(user['id'])
  if (id === '' || Number.isNaN(expires)) return null
  const roles = listOf(token['roles']).map(role => textOf(membersOf(role)['name'])).filter(name => name !== '')
  const identity = identify({
    user: { id, name: textOf(user['name']) },
    project: textOf(membersOf(token['project'])['id']),
    roles, expires, isAdminProject: token['is_admin_project'] !== false,
  })
  return { identity, roles, expires, rules: rulesOf(token, serviceType) }
}

/** Puts an identity together. An empty project is none. */
export function identify(given: {
  readonly user: User; readonly project: string; readonly roles: readonly string[]; readonly expires: Instant; readonly isAdminProject: boolean
}): TokenIdentity {
  const { user, roles, expires, isAdminProject } = given
  const project = parseProject(given.project)
  return { user, caller: project === null ? null : { project, user, roles, isAdminProject, expires } }
}

/** Rules that cannot be enforced, because this service is not in the catalogue of the token, allow nothing. */
function rulesOf(token: Readonly<Record<string, unknown>>, serviceType: string): readonly AccessRule[] | null {
  // What a token is bound to cannot be checked here.
  if (Object.keys(membersOf(token['bind'])).length > 0) return []
  const rules = membersOf(token['application_credential'])['access_rules']
  if (rules === undefined || rules === null) return null
  const isListed = serviceType !== '' && listOf(token['catalog']).some(entry => membersOf(entry)['type'] === serviceType)
  return isListed ? compileRules(listOf(rules), serviceType) : []
}
