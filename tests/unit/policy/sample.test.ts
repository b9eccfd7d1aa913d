import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Caller } from '../../../lib/model/caller.ts'
import type { Project } from '../../../lib/model/names.ts'
import { RULE_NAMES, RULES, type RuleName } from '../../../lib/policy/defaults.ts'
import { parseRule } from '../../../lib/policy/language.ts'
import { buildPolicy } from '../../../lib/policy/policy.ts'
import { parsePolicy } from '../../../lib/policy/yaml.ts'
import { ACTIONS } from '../../../lib/transport/http/routes.ts'
import { policySample } from '../../../tools/policy-sample.ts'

function committed(name: string): string {
  return readFileSync(new URL(`../../../../etc/${name}`, import.meta.url), 'utf8')
}

t.test('etc/policy.yaml.sample is what the tables say', async t => {
  t.equal(committed('policy.yaml.sample'), policySample(), 'run "npm run genpolicy"')
})

t.test('every rule that an action names is in the table', async t => {
  const named = Object.values(ACTIONS).flat().map(({ rule }) => rule).filter(rule => rule !== null)
  t.same(named.filter(rule => !(rule in RULES)), [])
})

t.test('the sample as it stands gives nothing; uncommented it gives the defaults', async t => {
  t.same(parsePolicy(policySample(), 'f'), { rules: new Map(), problems: [] })
  const { rules, problems } = parsePolicy(policySample().replace(/^#"/gm, '"'), 'f')
  t.same(problems, [])
  t.same([...rules].map(([name, { check }]) => [name, check]), RULE_NAMES.map(name => [name, parseRule(RULES[name].check).check]))
})

t.test('the persona file does what it says, for every rule', async t => {
  const { rules, problems } = parsePolicy(committed('policy-personas.yaml'), 'f')
  const built = buildPolicy(rules)
  t.same([problems, built.problems, built.warnings], [[], [], []])
  const helpers = new Set<RuleName>(['context_is_admin', 'admin_or_owner'])
  t.same(RULE_NAMES.filter(name => !helpers.has(name) && !rules.has(name)), [], 'no rule is left to its default')

  const allowed = (...roles: string[]) => {
    const caller: Caller = { project: 'p' as Project, user: null, roles, isAdminProject: true, expires: null }
    return RULE_NAMES.filter(name => !helpers.has(name) && built.policy.allows(name, caller))
  }
  const isSeeing = (name: string) => /:(get|get_all|stats)$/.test(name)
  const isAdmins = (name: string) => /^(pools|health|quotas):/.test(name) || (name.startsWith('flavors:') && !isSeeing(name))
  const all = RULE_NAMES.filter(name => !helpers.has(name))
  t.same(allowed(), ['ping:get'])
  t.same(allowed('service', 'readers'), ['ping:get'])
  t.same(allowed('reader'), all.filter(name => isSeeing(name) && !isAdmins(name)))
  t.same(allowed('Member'), all.filter(name => !isAdmins(name)))
  t.same(allowed('member', 'reader'), allowed('member'))
  t.same(allowed('ADMIN'), all)
})
