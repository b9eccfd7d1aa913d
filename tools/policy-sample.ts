/** The sample policy file, made from the table of rules and from the route table. */
import { RULE_NAMES, RULES, type RuleName } from '../lib/policy/defaults.ts'
import { DIALECTS } from '../lib/transport/http/dialects.ts'
import { ACTIONS, ADMIN_ACTIONS } from '../lib/transport/http/routes.ts'

const HEAD = `\
# Sample policy file of Marconi: who may do what. It is made by "npm run genpolicy": do not edit it.
#
# Each line with a rule shows the default. To change one, copy the file as policy.yaml beside marconi.conf and take away the #
# before the rule. policy-personas.yaml is a ready file for callers who may read, work with queues, or administer.
#
# Policy is enforced where callers are authenticated. A running server reads a changed file again by itself. If the file has
# a mistake, the server does not start; one that is running logs an error and keeps the rules it has.
#
# A rule is made of these checks, with "and", "or", "not" and parentheses:
#   @                      everybody who is authenticated; an empty rule is the same
#   !                      nobody
#   role:member            callers with the role in their project; capital and small letters are the same
#   rule:context_is_admin  callers whom the other rule allows; it may have a name of your own
#   is_admin:True          callers whom context_is_admin allows
#   user_id:3f2a           one user; also project_id, is_admin_project and system_scope
# Quote every rule: to YAML, an exclamation mark without quotes is something else. %(name)s finds nothing, so that a check with
# it holds of nobody.
`

/** What each rule is asked for, in the order of the route table. */
function operations(): ReadonlyMap<RuleName, readonly string[]> {
  const found = new Map<RuleName, Set<string>>()
  const tables = [...DIALECTS.map(({ id, prefix }) => ({ prefix, actions: ACTIONS[id] })), { prefix: '', actions: ADMIN_ACTIONS }]
  for (const { prefix, actions } of tables) {
    for (const { verb, path, rule } of actions) {
      if (rule === null) continue
      const lines = found.get(rule) ?? new Set()
      found.set(rule, lines.add(`${verb} ${prefix}${path.replace(/:(\w+)/g, '{$1}')}`))
    }
  }
  return new Map([...found].map(([rule, lines]) => [rule, [...lines]]))
}

/** The text of the sample file. */
export function policySample(): string {
  const asked = operations()
  const rules = RULE_NAMES.map(name => {
    const { check, doc } = RULES[name]
    const lines = asked.get(name) ?? (name.includes(':') ? ['No operation of this release asks for it.'] : [])
    return [doc, ...lines].map(line => `# ${line}\n`).join('') + `#"${name}": ${JSON.stringify(check)}\n`
  })
  return [HEAD, ...rules].join('\n')
}
