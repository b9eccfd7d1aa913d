import t from 'tap'
import type { Caller } from '../../../lib/model/caller.ts'
import type { Project } from '../../../lib/model/names.ts'
import { RULE_NAMES } from '../../../lib/policy/defaults.ts'
import { buildPolicy } from '../../../lib/policy/policy.ts'
import { parsePolicy } from '../../../lib/policy/yaml.ts'

function caller(...roles: string[]): Caller {
  return { project: 'p1' as Project, user: { id: 'u1', name: 'ann' }, roles, isAdminProject: true, expires: null }
}

function build(rules: Record<string, unknown>): ReturnType<typeof buildPolicy> {
  return buildPolicy(parsePolicy(JSON.stringify(rules), 'policy.yaml').rules)
}

/** Whether the rule allows what `queues:get` stands for. */
function allows(rule: string, who: Caller): boolean {
  return build({ 'queues:get': rule }).policy.allows('queues:get', who)
}

t.test('by default all is open to everybody, but what administrators do', async t => {
  const { policy, problems, warnings } = buildPolicy(new Map())
  t.same([problems, warnings], [[], []])
  const closed = RULE_NAMES.filter(name => !policy.allows(name, caller()))
  t.same(closed, [
    'context_is_admin', 'admin_or_owner', 'health:get', 'pools:get_all', 'pools:create', 'pools:get', 'pools:update', 'pools:delete',
    'flavors:create', 'flavors:update', 'flavors:delete', 'quotas:get',
  ])
  t.same(RULE_NAMES.filter(name => !policy.allows(name, caller('Admin'))), [])
})

t.test('a rule sees roles, user, project and whether it is an administrator', async t => {
  t.ok(allows('role:MEMBER', caller('Member')))
  t.notOk(allows('role:member', caller('reader')))
  t.ok(allows('roles:Member and not roles:member', caller('Member')))
  t.ok(allows('user_id:u1 and project_id:p1 and is_admin_project:True and system_scope:None', caller()))
  t.notOk(allows('user_id:U1', caller()))
  t.notOk(allows('project_id:%(project_id)s', caller()))
  t.ok(allows('user_id:None', { ...caller(), user: null }))
  t.ok(allows('is_admin:True', caller('admin')))
  t.ok(allows('is_admin:False', caller('member')))
  t.notOk(allows('is_admin:true', caller('admin')))
  t.ok(build({ context_is_admin: 'role:boss', 'queues:get': 'is_admin:True' }).policy.allows('queues:get', caller('boss')))
})

t.test('a rule may refer to others, also to such of its own', async t => {
  const { policy, problems, warnings } = build({ mine: 'role:a or rule:more', more: 'role:b', 'queues:get': 'rule:mine' })
  t.same([problems, warnings], [[], []])
  t.same(['a', 'b', 'c'].map(role => policy.allows('queues:get', caller(role))), [true, true, false])
})

t.test('a reference to nothing and a circle are problems, and allow nothing', async t => {
  const { policy, problems } = build({ 'queues:get': 'rule:nothing', a: 'rule:b', b: 'not rule:c', c: 'role:x or rule:a', 'queues:create': 'rule:queues:create' })
  t.same(problems, [
    'policy.yaml:1:2: queues:get: rule:nothing: there is no such rule',
    'policy.yaml:1:60: c: rule:a: the rules refer to each other in a circle: a -> b -> c -> a',
    'policy.yaml:1:83: queues:create: rule:queues:create: the rules refer to each other in a circle: queues:create -> queues:create',
  ])
  t.notOk(policy.allows('queues:get', caller('admin')))
})

t.test('a name that nothing asks for is a warning', async t => {
  const { problems, warnings } = build({ 'queue:get': '!', other: '@' })
  t.same(problems, [])
  t.same(warnings, [
    'policy.yaml:1:2: queue:get: there is no such rule, and no other refers to it; did you mean queues:get?',
    'policy.yaml:1:18: other: there is no such rule, and no other refers to it',
  ])
})

t.test('a decision says whether it looked at the roles', async t => {
  const needs = (check: string, who = caller()) => build({ 'queues:get': check }).policy.needsRoles('queues:get', who)
  for (const check of ['role:member', 'not role:member', 'is_admin:True', 'user_id:other or role:member', 'rule:context_is_admin']) t.ok(needs(check), check)
  for (const check of ['@', '!', 'user_id:u1', 'user_id:u1 or role:member', 'project_id:p1']) t.notOk(needs(check), check)
})
