/** Our configuration files mean what they mean to oslo.config: both read the same texts, and give the same values. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { givenByText } from '../../lib/config/load.ts'
import { merge } from '../../lib/config/merge.ts'
import { namesOf, splitKey } from '../../lib/config/names.ts'
import type { Group } from '../../lib/config/tables.ts'
import { missing } from '../helpers/require.ts'
import { venv } from '../helpers/venv.ts'

const DRIVER = fileURLToPath(new URL('../../../tests/functional/oslo_config_values.py', import.meta.url))

const GROUPS: readonly Group[] = [
  {
    name: 'DEFAULT', doc: '', options: {
      text: { doc: '', format: 'string', default: 'plain' },
      other: { doc: '', format: 'string', default: '', deprecated: ['DEFAULT/former', 'old/another'] },
      flag: { doc: '', format: 'boolean', default: false },
      count: { doc: '', format: 'nat', default: 7, min: 2, max: 90, deprecated: ['old/number'] },
      names: { doc: '', format: 'list', default: ['x', 'y'] },
    },
  },
  {
    name: 'store', doc: '', options: {
      text: { doc: '', format: 'string', default: 'of store' },
      only: { doc: '', format: 'string', default: '' },
      kind: { doc: '', format: ['fast', 'safe', ''], default: 'safe', deprecated: ['store/sort'] },
      port: { doc: '', format: 'port', default: 8888 },
    },
  },
  { name: 'a.b', doc: '', options: { text: { doc: '', format: 'string', default: '' }, flag: { doc: '', format: 'boolean', default: true } } },
  { name: 'drivers:transport:wsgi', doc: '', options: { bind: { doc: '', format: 'string', default: '' }, hosts: { doc: '', format: 'list', default: [] } } },
]
const names = namesOf(GROUPS)
const TYPES: Readonly<Record<string, string>> = { nat: 'integer' }

/** The options as the Python side registers them. */
const options = GROUPS.flatMap(group => Object.entries(group.options).map(([name, { format, default: value, min, max, deprecated }]) => [
  group.name, name, typeof format === 'string' ? TYPES[format] ?? format : 'string', value,
  {
    ...typeof format === 'string' ? {} : { choices: format },
    ...min === undefined ? {} : { min }, ...max === undefined ? {} : { max },
    ...deprecated === undefined ? {} : { deprecated: deprecated.map(old => Object.values(splitKey(old))) },
  },
]))

type Case = readonly string[]
type Outcome = Readonly<Record<string, { value: unknown } | 'bad'>> | 'refused'

function ours(files: Case): Outcome {
  const parts = files.map((content, index) => givenByText(names, content, `${String(index)}.conf`))
  // Unknown groups are problems of ours alone.
  if (parts.some(({ problems }) => problems.some(({ text }) => !text.includes('there is no such group')))) return 'refused'
  const { values, problems } = merge(GROUPS, names, parts.map(({ given }) => given))
  const bad = new Set(problems.map(({ key }) => key))
  return Object.fromEntries(GROUPS.flatMap(group => Object.keys(group.options).map(name => {
    const key = `${group.name}/${name}`
    return [key, bad.has(key) ? 'bad' as const : { value: values[group.name]?.[name] }]
  })))
}

function theirs(python: string, cases: readonly Case[]): readonly Outcome[] {
  const { stdout, stderr, status } = spawnSync(python, [DRIVER], {
    input: JSON.stringify({ options, cases }), encoding: 'utf8', maxBuffer: 2 ** 28, env: { PATH: process.env['PATH'], PYTHONUTF8: '1' },
  })
  if (status !== 0) throw new Error(`the driver failed: ${stderr}`)
  const answers = JSON.parse(stdout) as (Record<string, { value?: unknown; error?: string }> | null)[]
  return answers.map(answer => answer === null ? 'refused' : Object.fromEntries(Object.entries(answer).map(([key, { value, error }]) =>
    // oslo.config hands on an empty number as none; we refuse it.
    [key, error !== undefined || value === null ? 'bad' as const : { value }])))
}

const D = '[DEFAULT]\n'
const WRITTEN: readonly Case[] = [
  ...['text = a # b ; c', 'text = ; x', 'text=#', 'text: a = b', 'text = a : b', 'text:=', 'text', '= a', ': a', '  text = a', '\ttext', 'TEXT = a',
    'text = "quoted"', "text = 'quoted'", 'text = "half', 'text = half"', 'text = "', 'text = ""', 'text = "a" and "b"', 'text = \'a"', 'text = "  kept  "',
    'text = ""twice""', 'text = "a\n  b"', 'text =\n a\n b', 'text = a\n # b\n ; c', 'text = a\n# b\n c', 'text = a\n\n b', 'text = a\n \n b', 'text = a\n\tb\n   c  ',
    'text = a\ntext = b', 'te xt = a', 'text =\u00a0a\u2003', 'text = a\u001c', 'text = \ufeffa', 'text = a\u000bb', 'text = a\u2028b', '\u00a0text = a', 'text = é😀',
    'text = a\r\nother = b\r\n', 'text = a\rother = b', '#text = a', ';text = a', ' # text', '[store]', '[store', 'store]', '[]', '[ store ]\nport = 1', '[store] # x',
    '[store]]\nport = 1', '[[store]\nport = 1', '[STORE]\nport = 1\n[Store]\nport = 2\n[store]\nport = x', '[default]\ntext = a', '[Default]\ntext = a', '[a.b]\ntext = a',
    '[a]\nb.text = a', '[drivers:transport:wsgi]\nbind = ::1', '[drivers:transport:wsgi]\nhosts : a:1, b = 2',
    'former = a', 'former = a\nother = b', 'other = b\nformer = a', '[old]\nanother = a\n[DEFAULT]\nformer = b', '[old]\nnumber = 5', '[old]\nnumber = x\n[DEFAULT]\ncount = 3',
    '[OLD]\nnumber = 6', '[store]\nsort = fast', '[store]\nsort = slow', '[unknown]\nx = y', 'unknown = x',
  ].map(line => [`${D}${line}`]),
  ...['true', 'TRUE', 'Yes', 'oN', '1', 'false', 'No', 'OFF', '0', 'y', 't', '', '2', ' true', '"true"', '"true "', 'truthy', '\n true', '$flag', '$count']
    .map(value => [`${D}flag = ${value}`]),
  ...['2', '90', '1', '91', '+5', '-5', '05', '0x5', '5.0', '1_0', '1__0', '_10', '10_', '5 5', '', '"7"', '" 7 "', '\n 7', '7\n 7', '1e1', 'ten', '99999999999999999999', '- 5']
    .map(value => [`${D}count = ${value}`]),
  ...['0', '65535', '65536', '-1', '-0', '+0'].map(value => [`[store]\nport = ${value}`]),
  ...['fast', 'Fast', 'safe ', '"fast"', '', 'slow', 'fast, safe'].map(value => [`[store]\nkind = ${value}`]),
  ...['a', 'a,b', ' a , b ', 'a,,b', ',a', 'a,', 'a,,', 'a, ,', ',', ', ,', '', '"a,b"', '"a","b"', "'a', 'b'", 'a b', '\n a,\n b,\n c', 'a\n b', '[a, b]', '$text,$count', 'a,\u00a0b']
    .map(value => [`${D}names = ${value}`]),
  ...['$other', '${other}', '$$other', '\\$other', '\\\\$other', '$$$other', '$', '$ other', '${other', '${}', '${ other }', '$1', '$Other', '$nothing', '${nothing}', 'x$other.',
    '$other-x', '$other.x', '$flag', '$count', '$store', '$store.port', '${store.text}', '${STORE.text}', '${store.nothing}', '${nothing.text}', '${DEFAULT.other}', '$DEFAULT.other',
    '${drivers:transport:wsgi.bind}', '$text', '$former', '${store.sort}', '"$other"', 'a\n $other', '$count$flag', '${a.b.text}', '$other$'].map(value => [`${D}other = o$$\ntext = ${value}`]),
  [`${D}text = $other\nother = $text`], [`${D}flag = on\ntext = $flag`], [`${D}count = $other\nother = x`], [`${D}count = $other\nother = 12`], [`${D}flag = $other\ncount = x\nother = $count`],
  ['[store]\nonly = $text $flag $count'], ['[store]\nonly = ${text}\ntext = $only'], ['[store]\nonly = $nothing'], ['[store]\nonly = $port\nport = 1_0'], [`${D}text = $store.only\n[store]\nonly = $other`],
  ['text = a'], [''], ['\n\n'], ['# only\n; comments'], [' text'], ['\ufeff[DEFAULT]\ntext = a'], [`${D}text = a`, `${D}text = b`], [`${D}text = a`, '', `[store]\ntext = $text`],
  [`${D}other = new`, `${D}former = old, but later`], [`${D}former = old`, `${D}other = new`], [`${D}count = x`, `${D}count = 5`], [`${D}count = 5`, `${D}count = x`], [`${D}text = a`, '[broken'],
]

/** Files made of pieces that are likely to be misread, in any order. */
const pieces = fc.constantFrom('a', 'b', '1', '42', 'true', 'off', 'fast', ',', ', ', ' ', '  ', '\t', '#', ';', ':', '=', '"', "'", '$', '$$', '\\', '{', '}', '.', '[', ']', '$text', '${other}', '${store.only}', '$count', '\n ', '\n\t', 'é', '\u00a0')
const value = fc.array(pieces, { maxLength: 6 }).map(parts => parts.join(''))
const name = fc.constantFrom('text', 'other', 'flag', 'count', 'names', 'only', 'kind', 'port', 'former', 'sort', 'number', 'another', 'bind', 'hosts', 'unknown')
const assignment = fc.tuple(name, fc.constantFrom('=', ':', ' = ', ': ', '  =\t'), value).map(parts => parts.join(''))
const header = fc.constantFrom('DEFAULT', 'store', 'Store', 'a.b', 'drivers:transport:wsgi', 'old', 'unknown').map(group => `[${group}]`)
const oddity = fc.constantFrom('', '# text = x', '; x', ' ', ' # x', '  x = y', '[store', '[]', '=', 'text', '"')
const line = fc.oneof({ weight: 30, arbitrary: assignment }, { weight: 8, arbitrary: header }, { weight: 1, arbitrary: oddity })
const file = fc.tuple(fc.constantFrom('[DEFAULT]', '[DEFAULT]', '[store]', '[store]', '[Store]', '[drivers:transport:wsgi]', ''), fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\n', '\n', '\r\n'))
  .map(([first, rest, end]) => [...first === '' ? [] : [first], ...rest].join(end))
const files = fc.array(file, { minLength: 1, maxLength: 2 })

/** Compares both readings of each case. What differs is what the test shows. */
async function compare(t: Test, cases: readonly Case[]): Promise<void> {
  const made = await venv('oslo-config', ['oslo.config'])
  if (made.kind === 'missing') {
    missing(t, 'python', made.reason)
    return
  }
  const answers = theirs(made.python, cases)
  const differences = cases.map((each, index) => ({ files: each, ours: ours(each), theirs: answers[index] }))
    .filter(each => !isDeepStrictEqual(each.ours, each.theirs))
  t.same(differences, [])
  const refused = answers.filter(answer => answer === 'refused').length
  t.ok(refused > 0 && refused < cases.length / 2, `${String(refused)} of ${String(cases.length)} are refused by both`)
}

t.test('files written to be misread mean what they mean to oslo.config', t => compare(t, WRITTEN))

t.test('files made at random mean what they mean to oslo.config', t => compare(t, fc.sample(files, { seed: 20_131_011, numRuns: 500 })))
