import t, { type Test } from 'tap'
import { parseRule } from '../../../lib/policy/language.ts'

/** The tree in short: checks as they are written, the rest in prefix form. */
function short(rule: unknown): string {
  const show = (check: ReturnType<typeof parseRule>['check']): string => {
    switch (check.kind) {
      case 'always': return '@'
      case 'never': return '!'
      case 'role': return `role:${check.role}`
      case 'rule': return `rule:${check.rule}`
      case 'attribute': return `${check.name}:${check.text}`
      case 'not': return `not(${show(check.of)})`
      default: return `${check.kind}(${check.of.map(show).join(' ')})`
    }
  }
  return show(parseRule(rule).check)
}

function good(t: Test, rule: unknown, tree: string): void {
  t.equal(short(rule), tree, JSON.stringify(rule))
  t.same(parseRule(rule).problems, [], JSON.stringify(rule))
}

function bad(t: Test, rule: unknown, at: number | null, text: RegExp): void {
  const { problems } = parseRule(rule)
  t.equal(problems[0]?.at, at, JSON.stringify(rule))
  t.match(problems[0]?.text, text, JSON.stringify(rule))
}

t.test('checks', async t => {
  good(t, '', '@')
  good(t, '@', '@')
  good(t, '!', '!')
  good(t, 'role:Admin', 'role:admin')
  good(t, 'role:compute:admin', 'role:compute:admin')
  good(t, 'rule:Queues:get', 'rule:Queues:get')
  good(t, 'is_admin:True', 'is_admin:True')
  good(t, 'system_scope:all', 'system_scope:all')
  good(t, 'user_id:%(user_id)s', '!')
  good(t, 'role:%(role)s', '!')
  good(t, 'role:50%%', 'role:50%')
  good(t, "'Member':%(role.name)s", '!')
  good(t, "'Member':Member or True:False or 7:7", 'or(@ ! @)')
})

t.test('not binds closer than and, and closer than or', async t => {
  good(t, 'role:a or role:b and role:c', 'or(role:a and(role:b role:c))')
  good(t, 'role:a and role:b or role:c and not role:d', 'or(and(role:a role:b) and(role:c not(role:d)))')
  good(t, 'not role:a and role:b', 'and(not(role:a) role:b)')
  good(t, 'NOT (role:a Or role:b)', 'not(or(role:a role:b))')
  good(t, 'not not role:a', 'not(not(role:a))')
  good(t, ' ( role:a or (role:b) ) and\n\trole:c ', 'and(or(role:a role:b) role:c)')
})

t.test('lists: all of an inner one, one of the outer one', async t => {
  good(t, [], '@')
  good(t, [['role:a', 'role:b'], 'rule:c', [], ''], 'or(and(role:a role:b) and(rule:c))')
  good(t, [[]], 'or()')
  good(t, [['@'], ['!']], 'or(and(@) and(!))')
  bad(t, [['role:a', 7]], null, /texts/)
  bad(t, [['role:a or role:b', 'x']], null, /^x: expected a check/)
})

t.test('what cannot be read is a problem with its place, and allows nothing', async t => {
  bad(t, 'role:a or', 10, /expected a check/)
  bad(t, 'and role:a', 1, /expected a check/)
  bad(t, 'role:a role:b', 8, /expected "and"/)
  bad(t, 'role:a (role:b)', 8, /expected "and"/)
  bad(t, '(role:a or role:b', 18, /expected "\)" for the "\(" at character 1/)
  bad(t, 'role:a)', 7, /expected "and"/)
  bad(t, '()', 2, /expected a check/)
  bad(t, '   ', 4, /expected a check/)
  bad(t, 'role:a or "role:b"', 11, /in quotes/)
  bad(t, 'role:a or member', 11, /^member: expected a check of the form/)
  bad(t, 'http://example.com/', 1, /before the colon/)
  bad(t, 'rol:admin', 1, /before the colon/)
  bad(t, 'role:50%', 1, /percent/)
  bad(t, 'role:%(x', 1, /percent/)
  bad(t, 'role:%)((x', 1, /percent/)
  bad(t, null, null, /expected a text/)
  bad(t, 7, null, /expected a text/)
  bad(t, '('.repeat(101) + 'role:a' + ')'.repeat(101), 101, /levels/)
  for (const rule of ['role:a or', 'role:a role:b', null, 'x', '"role:a"']) t.equal(short(rule), '!')
  good(t, '('.repeat(100) + 'role:a' + ')'.repeat(100), 'role:a')
})
