import t from 'tap'
import { merge, type Source } from '../../../lib/config/merge.ts'
import { namesOf } from '../../../lib/config/names.ts'
import type { Group } from '../../../lib/config/tables.ts'

const GROUPS: readonly Group[] = [
  {
    name: 'DEFAULT', doc: '', options: {
      host: { doc: '', format: 'string', default: 'here' },
      size: { doc: '', format: 'nat', default: 3, max: 9 },
      debug: { doc: '', format: 'boolean', default: false },
    },
  },
  {
    name: 'db', doc: '', options: {
      uri: { doc: '', format: 'string', default: '', deprecated: ['db/url', 'sql/connection'] },
      password: { doc: '', format: 'string', default: '', secret: true },
      pin: { doc: '', format: 'nat', default: 0, secret: true, deprecated: ['db/code'] },
    },
  },
]
const names = namesOf(GROUPS)

/** One source: name, text, name, text. Origins count the values: s1:1, s1:2, ... */
function merged(...sources: Record<string, string>[]) {
  const { values, problems, warnings } = merge(GROUPS, names, sources.map((source, index): Source =>
    Object.entries(source).map(([key, text], line) => ({ key, text, origin: `s${String(index + 1)}:${String(line + 1)}` }))))
  return { values, problems: problems.map(({ text }) => text), warnings }
}

t.test('options that nobody gives have their defaults', async t => {
  t.same(merged().values, { DEFAULT: { host: 'here', size: 3, debug: false }, db: { uri: '', password: '', pin: 0 } })
})

t.test('a later source wins, and the value that loses is not even read', async t => {
  const { values, problems } = merged({ 'DEFAULT/size': 'x', 'DEFAULT/host': 'a' }, { 'DEFAULT/size': '5' })
  t.match(values, { DEFAULT: { size: 5, host: 'a' } })
  t.same(problems, [])
})

t.test('a deprecated name works, with a warning', async t => {
  const { values, warnings } = merged({ 'sql/connection': 'a' })
  t.match(values, { db: { uri: 'a' } })
  t.same(warnings, ['s1:1: [sql] connection is deprecated: use [db] uri'])
})

t.test('the new name wins over the old one in the same source, whatever their order', async t => {
  for (const source of [{ 'db/uri': 'new', 'db/url': 'old' }, { 'db/url': 'old', 'db/uri': 'new' }]) {
    const { values, warnings } = merged(source)
    t.match(values, { db: { uri: 'new' } })
    t.match(warnings, [/\[db\] url is deprecated and ignored, because \[db\] uri is given as well$/])
  }
})

t.test('the old name in a later source wins over the new one in an earlier source', async t => {
  t.match(merged({ 'db/uri': 'new' }, { 'db/url': 'old' }).values, { db: { uri: 'old' } })
})

t.test('unknown options are problems, with the name that was probably meant', async t => {
  t.same(merged({ 'DEFAULT/hots': 'a', 'db/u-ri': 'a', 'db/size': '1', 'db/zzzzzz': 'a' }).problems, [
    's1:1: [DEFAULT] hots: there is no such option; did you mean host?',
    's1:2: [db] u-ri: there is no such option; did you mean uri?',
    's1:3: [db] size: there is no such option; did you mean the one of [DEFAULT]?',
    's1:4: [db] zzzzzz: there is no such option',
  ])
})

t.test('a bad value is shown as it was written, with what was expected', async t => {
  t.same(merged({ 'DEFAULT/size': '10', 'DEFAULT/debug': 'maybe\nnot' }).problems, [
    's1:1: [DEFAULT] size = "10": expected a whole number from 0 to 9',
    's1:2: [DEFAULT] debug = "maybe\\nnot": expected true or false (or 1, 0, yes, no, on, off)',
  ])
})

t.test('a secret is never shown', async t => {
  const { problems } = merged({ 'db/code': 'hunter2', 'db/password': 'pa$hunter2' })
  t.same(problems, [
    's1:1: [db] code: expected a whole number of at least 0',
    's1:2: [db] password: refers to what is no option or has no value (write $$ for a dollar sign)',
  ])
})

t.test('a value may refer to the value that wins elsewhere', async t => {
  const { values, problems } = merged({ 'DEFAULT/host': 'a', 'db/uri': 'x://${host}/$size/$debug', 'DEFAULT/size': '$db.pin' }, { 'DEFAULT/host': 'b', 'db/pin': '5' })
  t.same(problems, [])
  t.match(values, { DEFAULT: { size: 5 }, db: { uri: 'x://b/5/False' } })
})

t.test('a name is looked for in its own group first, and may be a deprecated one', async t => {
  t.match(merged({ 'db/uri': 'a', 'db/password': '$uri', 'DEFAULT/host': '$db.url' }).values, { db: { password: 'a' }, DEFAULT: { host: 'a' } })
})

t.test('a dollar sign stands for itself where no name follows, and where it is doubled or escaped', async t => {
  for (const [text, meant] of [['$', '$'], ['$ a', '$ a'], ['$1', '$1'], ['${', '${'], ['$$host', '$host'], ['\\$host', '$host'], ['$$$host', '$here'], ['${db:x.y}', '${db:x.y}']] as const) {
    t.match(merged({ 'db/uri': text }).values, { db: { uri: meant } }, text)
  }
})

t.test('a reference to nothing, to a bad value or back to itself is a problem', async t => {
  t.same(merged({ 'DEFAULT/host': '$nothing' }).problems, ['s1:1: [DEFAULT] host = "$nothing": refers to nothing, which is no option (write $$ for a dollar sign)'])
  t.same(merged({ 'db/uri': '${DEFAULT.host}' }).problems, ['s1:1: [db] uri = "${DEFAULT.host}": refers to DEFAULT.host, which is no option (write $$ for a dollar sign)'])
  t.same(merged({ 'DEFAULT/host': '$size', 'DEFAULT/size': 'x' }).problems, [
    's1:1: [DEFAULT] host = "$size": refers to [DEFAULT] size, whose value is wrong or refers back to it',
    's1:2: [DEFAULT] size = "x": expected a whole number from 0 to 9',
  ])
  t.same(merged({ 'DEFAULT/host': '$db.uri', 'db/uri': '$host' }).problems, [
    's1:1: [DEFAULT] host = "$db.uri": refers to [db] uri, whose value is wrong or refers back to it',
    's1:2: [db] uri = "$host": refers to [DEFAULT] host, whose value is wrong or refers back to it',
  ])
})

t.test('a default that its own table refuses is found at once', async t => {
  const wrong: readonly Group[] = [{ name: 'g', doc: '', options: { a: { doc: '', format: 'nat', default: 0, min: 1 } } }]
  t.throws(() => merge(wrong, namesOf(wrong), []), /a: expected a whole number of at least 1/)
})
