/** Our policy files mean what they mean to oslo.policy: both read the same texts, and decide the same about the same callers. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { link, type Credentials } from '../../lib/policy/evaluate.ts'
import { parsePolicy } from '../../lib/policy/yaml.ts'
import { missing } from '../helpers/require.ts'
import { venv } from '../helpers/venv.ts'

const DRIVER = fileURLToPath(new URL('../../../tests/functional/oslo_policy_decisions.py', import.meta.url))

/** A policy file, who asks, and for which rules. */
interface Case {
  readonly text: string
  readonly who: readonly Credentials[]
}

/** True or false; a text where deciding fails, which says why. */
type Decision = boolean | string

const NAMES = ['a', 'b', 'c', 'd', 'queues:get', 'absent']

/** What we decide. A file with problems is refused as a whole. */
function ours({ text, who }: Case): { readonly isGood: boolean; readonly isCircular: boolean; readonly decisions: readonly (readonly boolean[])[] } {
  const { rules, problems } = parsePolicy(text, 'f')
  const linked = link(new Map([...rules].map(([name, { check }]) => [name, check])))
  return {
    isGood: problems.length + linked.problems.length === 0,
    isCircular: linked.problems.some(problem => problem.text.includes('circle')),
    decisions: NAMES.map(name => who.map(each => linked.decide.get(name)?.(each) ?? false)),
  }
}

function theirs(python: string, cases: readonly Case[]): readonly (readonly (readonly Decision[])[] | null)[] {
  const { stdout, stderr, status } = spawnSync(python, [DRIVER], {
    input: JSON.stringify(cases.map(({ text, who }) => [text, who, NAMES])),
    encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 100_000, env: { PATH: process.env['PATH'], PYTHONUTF8: '1' },
  })
  if (status !== 0) throw new Error(`the driver failed: ${stderr}`)
  return JSON.parse(stdout) as (Decision[][] | null)[]
}

interface Difference { readonly text: string; readonly rule: string; readonly who: Credentials | undefined; readonly we: unknown; readonly they: unknown }

/**
 * Where both differ about one case. Of a file without problems all decisions are the same. In one with problems, what oslo.policy
 * decides without failing is what the tree decides, unless there is a circle: then it depends on who gets as far as that.
 */
function differencesOf({ text, who }: Case, answer: readonly (readonly Decision[])[], { isGood, isCircular, decisions }: ReturnType<typeof ours>): Difference[] {
  return NAMES.flatMap((rule, row) => who.map((each, column) =>
    ({ text, rule, who: each, we: decisions[row]?.[column], they: answer[row]?.[column] })))
    .filter(({ we, they }) => typeof they === 'string' ? isGood : we !== they && !isCircular)
}

async function compare(t: Test, cases: readonly Case[]): Promise<void> {
  const made = await venv('oslo-policy', ['oslo.policy'])
  if (made.kind === 'missing') {
    missing(t, 'python', made.reason)
    return
  }
  const answers = theirs(made.python, cases)
  const all = cases.map((each, index) => ({ each, answer: answers[index] ?? null, own: ours(each) }))
  t.same(all.filter(({ answer, own }) => answer === null && own.isGood), [], 'what cannot be loaded is refused')
  const differences = all.flatMap(({ each, answer, own }) => answer === null ? [] : differencesOf(each, answer, own))
  t.same(differences.slice(0, 10), [])

  const decisions = answers.flat(2)
  const counts = {
    good: all.filter(({ own }) => own.isGood).length, refused: all.filter(({ own }) => !own.isGood).length,
    allowed: decisions.filter(each => each === true).length, denied: decisions.filter(each => each === false).length,
  }
  t.ok(Object.values(counts).every(count => count > 100), `the cases are worth comparing: ${JSON.stringify(counts)}`)
}

const ADMIN: Credentials = { roles: ['Admin', 'member'], user_id: 'u1', project_id: 'p1', is_admin: true, is_admin_project: true, system_scope: null }
const READER: Credentials = { roles: ['reader'], user_id: 'u2', project_id: 'p2', is_admin: false, is_admin_project: false, system_scope: 'all' }
const NOBODY: Credentials = { roles: [], user_id: null, project_id: '', is_admin: false, is_admin_project: true, system_scope: null }

const RULES = [
  '', ' ', '@', '!', '@ and !', 'not !', 'not not @', '(@)', '((@))', '()', '(', ')', ')(', '(@', '@)', '@(', '(!)', '@!', '!@', 'and', 'or', 'not', 'not and', '@ @', '@ or', 'or @', '@ and and @',
  '@ or ! and !', '! and ! or @', '! and (! or @)', '@ or @ and !', '(@ or @) and !', 'not ! and !', 'not (! and !)', 'not @ or @', '@ or ! or ! and ! and !', '! or @ and ! or @ and @',
  'role:admin', 'role:ADMIN', 'ROLE:admin', 'Role:admin', 'role:', ':role', ':', 'role:admin:x', 'role : admin', 'role: admin', 'role:admin)', '(role:admin', 'role:(admin)', 'role:ad(min', 'role:admin role:member',
  'role:admin and role:member', 'role:admin AND role:reader', 'role:admin oR role:reader', 'NOT role:admin', 'not(role:admin)', 'not (role:admin)', '(role:admin)and(role:member)', '(role:admin) and (role:member)',
  'role:%(x)s', 'role:admin%(x)s', 'role:50%', 'role:50%%', 'role:%', 'role:%(x', 'role:%(x)', 'role:%((x)y)s', 'role:%(', 'role:%d', 'not role:%(x)s', 'role:%%(x)s', "role:'admin'",
  'rule:a', 'rule:b', 'rule:absent', 'not rule:absent', 'rule:', 'rule:queues:get', 'rule:A', 'RULE:b', '@ or rule:a', '! and rule:a', 'rule:%(x)s',
  'is_admin:True', 'is_admin:False', 'is_admin:true', 'is_admin:1', 'is_admin:', 'is_admin', 'is_admin_project:True', 'user_id:u1', 'user_id:U1', 'user_id:%(user_id)s', 'user_id:None', 'user_id:', 'project_id:p1',
  'project_id:%(project_id)s', 'project_id:', 'system_scope:all', 'system_scope:None', 'roles:Admin', 'roles:admin', 'roles:reader', 'user_id.x:u1', 'unknown:x', 'not unknown:x', 'user-id:u1', 'user_id:u1:x', 'user_id:u%%1',
  "'Member':%(role.name)s", "'a':a", "'a':b", '"a":a', "'':", "'a:a", "'a':'a'", "'a':a'", '"a:b"', "'a b':c", "('a':a)", "('a'", "(\"role:admin\")", 'True:True', 'True:%(x)s', 'False:False', 'None:None', 'true:true', '1:1', '0:0',
  '01:01', '1:01', '1x:1x', 'None:', "'%(x)s':%(x)s", "'100%':100%%", 'a b:c', 'é:é', 'role:é', 'role:\u00a0admin', '\u00a0role:admin', 'role:admin\u2003or\u3000@', 'role:admin\nor\tmember',
  'a:b', 'not a', 'x', '"', "''", '""', "not 'a'", 'and:x', 'not:x', 'or :x',
]
const LISTS = [
  [], [[]], [''], [[''], ['@']], [['@']], ['@'], ['!'], [['@', '!']], [['@'], ['!']], [['role:admin', 'role:member'], ['role:reader']], ['role:admin', 'role:reader'], [['role:admin or role:reader']],
  [['rule:b', 'role:admin']], [[], ['role:admin']], [['not role:admin']], [['(role:admin)']], [["'a':a"]], [['user_id:u1'], ['system_scope:all']], [['x']], [['role: admin']], [['role:%(x)s'], ['role:reader']], [['role:%']],
]
/** What oslo.policy evaluates as Python, asks of others, or knows of tokens that we let nobody in with. */
const OUTSIDE = ['-1:-1', '1.0:1.0', '[1]:[1]', 'b"x":x', 'role:%s', 'http://localhost/', 'https://localhost/%(x)s', 'user_domain_id:default', 'domain_id:x', 'system:all', 'service_roles:x']

/** Each rule alone, and behind what hides or turns its decision. */
const WRITTEN: readonly Case[] = [...RULES, ...LISTS].flatMap(rule => [{ a: rule, b: 'role:member' }, { a: 'not rule:b', b: rule, 'queues:get': '@ or rule:b', c: '! and rule:b' }])
  .map(rules => ({ text: JSON.stringify(rules), who: [ADMIN, READER, NOBODY] }))

const YAML = [
  '', '# nothing\n', '{}', 'a: role:admin', 'a: role:admin # or all', "a: 'role:admin'", 'a: >\n  role:admin or\n  role:reader\n', 'a: |\n  not\n  role:admin\n', '"a": "@"\n"b": "!"', 'a: []', 'a: [[role:admin], [role:reader]]',
  'a:\n- - role:admin\n  - role:member\n- - role:reader\n', 'a: &x role:admin\nb: *x', 'a: @', 'a: yes', 'a: "\\u0040"', 'a : "@"', '"a" : "@"', 'queues:get: rule:a\na: role:reader', 'a: role:admin\n b: x', '- a', 'a', '---\na: "@"\n',
  'a: "@"\n---\na: "!"\n', 'a: role:a or\n  role:reader', '{"a": "role:admin", "b": [["@"]],}', 'a: 7', '7: "@"', 'a: "@', "a: 'it''s:x'", 'a: not role:admin', "a: '''a'':a'",
].map((text): Case => ({ text, who: [ADMIN, READER] }))

const roles = fc.constantFrom('admin', 'Admin', 'member', 'MEMBER', 'reader', 'service', 'é')
const credentials: fc.Arbitrary<Credentials> = fc.record({
  roles: fc.uniqueArray(roles, { maxLength: 3 }),
  user_id: fc.constantFrom('u1', 'u2', null),
  project_id: fc.constantFrom('p1', 'p2'),
  is_admin: fc.boolean(),
  is_admin_project: fc.boolean(),
  system_scope: fc.constantFrom('all', null),
})
const check = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom('role:', 'role:', 'role:', 'roles:'), roles).map(parts => parts.join('')) },
  { weight: 5, arbitrary: fc.constantFrom('c', 'd', 'd', 'd', 'queues:get').map(name => `rule:${name}`) },
  { weight: 4, arbitrary: fc.constantFrom('@', '!', 'is_admin:True', 'is_admin:False', 'user_id:u1', 'user_id:None', 'user_id:%(user_id)s', 'project_id:p1', 'project_id:%(project_id)s', 'system_scope:all', 'is_admin_project:True', "'x':x", "'x':%(y)s", 'True:True') },
)
/** A rule that is written as the language wants it, at any depth; now and then a piece is out of place. */
const { rule: sound } = fc.letrec<{ rule: string }>(tie => ({
  rule: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'rule' },
    { weight: 3, arbitrary: check },
    { weight: 3, arbitrary: fc.tuple(tie('rule'), fc.constantFrom(' and ', ' or ', ' AND ', '  or\n'), tie('rule')).map(parts => parts.join('')) },
    { weight: 2, arbitrary: tie('rule').map(rule => `not ${rule}`) },
    { weight: 2, arbitrary: tie('rule').map(rule => `(${rule})`) },
    { weight: 1, arbitrary: tie('rule').map(rule => `not ( ${rule} )`) },
  ),
}))
const piece = fc.oneof({ weight: 3, arbitrary: check }, { weight: 4, arbitrary: fc.constantFrom('and', 'or', 'not', '(', ')', '((', '))', 'x', '"x"', "'x'", '%', 'role:%', "('x'", '"', 'http', 'x:y') })
const broken = fc.tuple(fc.array(piece, { maxLength: 7 }), fc.constantFrom(' ', ' ', ' ', '')).map(([pieces, between]) => pieces.join(between))
const legacy = fc.array(fc.oneof(check, fc.array(check, { maxLength: 3 })), { maxLength: 3 })
const rule = fc.oneof({ weight: 14, arbitrary: sound }, { weight: 1, arbitrary: broken }, { weight: 3, arbitrary: legacy })
/** References lead from a to b, c, d and queues:get; now and then back, which makes a circle. */
const file = fc.record({ a: rule, b: rule, c: rule, d: fc.oneof({ weight: 9, arbitrary: roles.map(role => `role:${role}`) }, { weight: 1, arbitrary: sound }), 'queues:get': fc.constantFrom('role:member', '@', '!', 'not rule:d', [['role:admin'], ['user_id:u1']]) })
const cases = fc.tuple(file, fc.array(credentials, { minLength: 4, maxLength: 4 })).map(([rules, who]): Case => ({ text: JSON.stringify(rules), who }))

t.test('rules written to be misread decide what they decide in oslo.policy', t => compare(t, WRITTEN))

t.test('what is outside our part of the language is refused', async t => {
  for (const rule of OUTSIDE) t.notOk(ours({ text: JSON.stringify({ a: rule }), who: [] }).isGood, rule)
})

t.test('files in all forms of YAML say what they say to oslo.policy', async t => {
  const made = await venv('oslo-policy', ['oslo.policy'])
  if (made.kind === 'missing') {
    missing(t, 'python', made.reason)
    return
  }
  for (const [index, answer] of theirs(made.python, YAML).entries()) {
    const each = YAML[index]
    if (each === undefined) continue
    const { isGood, decisions } = ours(each)
    if (isGood) t.same(decisions, answer, JSON.stringify(each.text))
    else t.not(/role:(admin|reader)$/.test(each.text), true, `refused: ${JSON.stringify(each.text)}`)
  }
})

t.test('rules made at random decide what they decide in oslo.policy', t => compare(t, fc.sample(cases, { seed: 20_131_112, numRuns: 600 })))

t.test('pieces in any order decide what they decide in oslo.policy', t => {
  const pieces = fc.tuple(broken, credentials).map(([text, who]): Case => ({ text: JSON.stringify({ a: text, b: 'role:member', c: '@', d: '!', 'queues:get': 'role:reader' }), who: [who] }))
  return compare(t, fc.sample(pieces, { seed: 20_131_113, numRuns: 600 }))
})
