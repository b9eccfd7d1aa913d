/** Decides by rules. */
import type { Attribute, Check } from './checks.ts'

/** What is known of a caller, under the names that rules use. */
export interface Credentials extends Readonly<Record<Exclude<Attribute, 'roles'>, string | boolean | null>> {
  readonly roles: readonly string[]
}

/** A rule, ready to decide. */
export type Decide = (who: Credentials) => boolean

/** A reference between rules that leads nowhere. It allows nothing. */
export interface BadReference {
  readonly rule: string
  readonly text: string
}

/** Rules whose references are resolved. */
export interface Linked {
  readonly decide: ReadonlyMap<string, Decide>
  /** The names that some rule refers to. */
  readonly referred: ReadonlySet<string>
  readonly problems: readonly BadReference[]
}

/** A value as Python shows it, which is how rules are written. */
function show(value: string | boolean | null): string {
  if (value === null) return 'None'
  return typeof value === 'string' ? value : value ? 'True' : 'False'
}

function hasAttribute(who: Credentials, name: Attribute, text: string): boolean {
  return name === 'roles' ? who.roles.includes(text) : show(who[name]) === text
}

function compile(check: Check, refer: (rule: string) => Decide): Decide {
  switch (check.kind) {
    case 'always': return () => true
    case 'never': return () => false
    case 'role': return who => who.roles.some(role => role.toLowerCase() === check.role)
    case 'attribute': return who => hasAttribute(who, check.name, check.text)
    case 'rule': return refer(check.rule)
    case 'not': {
      const of = compile(check.of, refer)
      return who => !of(who)
    }
    case 'and': {
      const all = check.of.map(each => compile(each, refer))
      return who => all.every(each => each(who))
    }
    case 'or': {
      const all = check.of.map(each => compile(each, refer))
      return who => all.some(each => each(who))
    }
  }
}

/** Resolves the references between rules. One to a rule that is not there, or that leads back to where it stands, is a problem. */
export function link(rules: ReadonlyMap<string, Check>): Linked {
  const decide = new Map<string, Decide>()
  const referred = new Set<string>()
  const problems: BadReference[] = []
  const path: string[] = []

  function refuse(rule: string, text: string): Decide {
    problems.push({ rule, text })
    return () => false
  }

  function refer(to: string): Decide {
    const from = path.at(-1)
    if (from !== undefined) referred.add(to)
    return resolve(to, from ?? to)
  }

  function resolve(to: string, from: string): Decide {
    const check = rules.get(to)
    if (check === undefined) return refuse(from, `rule:${to}: there is no such rule`)
    if (path.includes(to)) return refuse(from, `rule:${to}: the rules refer to each other in a circle: ${[...path.slice(path.indexOf(to)), to].join(' -> ')}`)
    const known = decide.get(to)
    if (known !== undefined) return known
    path.push(to)
    const made = compile(check, refer)
    path.pop()
    decide.set(to, made)
    return made
  }

  for (const name of rules.keys()) refer(name)
  return { decide, referred, problems }
}
