import t from 'tap'
import { parsePolicy } from '../../../lib/policy/yaml.ts'

t.test('a file is a map of rules, in any form of YAML', async t => {
  const text = '# why\n"a": "!"\nqueues:get: role:x or role:y\n"b": |\n  role:x and\n  role:y\nc: [["role:x"], ["role:y"]]\nd: &d "@"\ne: *d\n'
  const { rules, problems } = parsePolicy(text, 'f')
  t.same(problems, [])
  t.same([...rules.keys()], ['a', 'queues:get', 'b', 'c', 'd', 'e'])
  t.same(rules.get('a'), { check: { kind: 'never' }, origin: 'f:2:1' })
  t.equal(rules.get('b')?.check.kind, 'and')
  t.same(rules.get('e')?.check, { kind: 'always' })
})

t.test('an empty file has no rules', async t => {
  for (const text of ['', '# only\n', '{}', '---\n', '\ufeff']) t.same(parsePolicy(text, 'f'), { rules: new Map(), problems: [] }, JSON.stringify(text))
})

t.test('all that is wrong is listed with its place', async t => {
  t.same(parsePolicy('a: role:x or\n"b": "role:x (role:y)"\nc: yes\n', 'f').problems, [
    'f:1:4: a: at character 10 of the rule: expected a check, "not" or "("',
    'f:2:6: b: at character 8 of the rule: expected "and", "or" or the end of the rule',
    'f:3:4: c: expected a text, such as "role:admin"; "@" allows everybody, "!" nobody',
  ])
})

t.test('what YAML takes an unquoted sign for never opens a rule', async t => {
  for (const text of ['a: !', 'a: ! ""', 'a: [[!]]', 'a: !role:x', 'a: !!str ""', 'a: @', 'a:', 'a: ~', 'a: {}', 'a: *b', 'a: [[*b]]', 'a: [[]', '? [x]\n: "@"', '7: "@"',
    '<<: {a: "@"}', 'a: "@"\na: "!"', 'a: "!"\n---\na: "@"', 'a: "@', '- a', 'a', '"a": "@"\n\t"b": "@"']) {
    const { problems } = parsePolicy(text, 'f')
    t.ok(problems.length > 0, JSON.stringify(text))
  }
})
