/** Who may do what. */
import { nearest } from '../model/nearest.ts'
import type { Caller } from '../model/caller.ts'
import type { Check } from './checks.ts'
import { RULES, type RuleName } from './defaults.ts'
import { link, type Credentials, type Decide } from './evaluate.ts'
import { parseRule } from './language.ts'

/** Decides whether a caller may do what a rule is about. It is the same for every transport and API version. */
export interface Policy {
  allows(rule: RuleName, caller: Caller): boolean
  /** Whether that decision looks at the caller's roles, so that it says nothing where they are unknown. */
  needsRoles(rule: RuleName, caller: Caller): boolean
}

/** A rule that is laid over the defaults. */
export interface GivenRule {
  readonly check: Check
  /** Where it stands, for messages. */
  readonly origin: string
}

/** A policy, and what there is to say about the rules it was made of. It is fit for use only without problems. */
export interface Built {
  readonly policy: Policy
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** What rules know of a caller. Authentication lets nobody in who is not of a project, so that no caller has a system scope. */
function credentialsOf(caller: Caller, isAdmin: Decide): Credentials {
  const plain = {
    roles: caller.roles,
    user_id: caller.user?.id ?? null,
    project_id: caller.project,
    is_admin: false,
    is_admin_project: caller.isAdminProject,
    system_scope: null,
  }
  return { ...plain, is_admin: isAdmin(plain) }
}

/** The same, and `looked` is called when a rule looks at the roles. */
function watchedCredentials(caller: Caller, isAdmin: Decide, looked: () => void): Credentials {
  const known = credentialsOf(caller, isAdmin)
  const see = <Value>(value: Value) => {
    looked()
    return value
  }
  return {
    ...known,
    get roles() { return see(known.roles) },
    get is_admin() { return see(known.is_admin) },
  }
}

function warningOf(name: string, { origin }: GivenRule): string {
  const near = nearest(name, Object.keys(RULES))
  return `${origin}: ${name}: there is no such rule, and no other refers to it${near === null ? '' : `; did you mean ${near}?`}`
}

const deny: Decide = () => false

/** Makes a policy of the defaults with the given rules laid over them. */
export function buildPolicy(given: ReadonlyMap<string, GivenRule>): Built {
  const rules = new Map([...given].map(([name, { check }]) => [name, check]))
  for (const [name, { check }] of Object.entries(RULES)) if (!rules.has(name)) rules.set(name, parseRule(check).check)
  const { decide, referred, problems } = link(rules)
  const isAdmin = decide.get('context_is_admin') ?? deny
  return {
    policy: {
      allows: (rule, caller) => (decide.get(rule) ?? deny)(credentialsOf(caller, isAdmin)),
      needsRoles(rule, caller) {
        let hasLooked = false
        ;(decide.get(rule) ?? deny)(watchedCredentials(caller, isAdmin, () => { hasLooked = true }))
        return hasLooked
      },
    },
    problems: problems.map(({ rule, text }) => `${given.get(rule)?.origin ?? 'default rule'}: ${rule}: ${text}`),
    warnings: [...given].filter(([name]) => !(name in RULES || referred.has(name))).map(([name, rule]) => warningOf(name, rule)),
  }
}
