import t from 'tap'
import { parseIni } from '../../../lib/config/ini.ts'

/** The values as `group/name = text`, and the problems. */
function read(...lines: string[]): readonly string[] {
  const { assignments, problems } = parseIni(lines.join('\n'), 'f')
  return [...assignments.map(({ group, name, text }) => `${group}/${name} = ${text}`), ...problems]
}

/** The text of one value. */
function value(...lines: string[]): string | undefined {
  return parseIni(['[g]', ...lines].join('\n'), 'f').assignments[0]?.text
}

t.test('a value runs to the end of its line', async t => {
  t.equal(value('a = b # c ; d'), 'b # c ; d')
  t.equal(value('a = # b'), '# b')
  t.equal(value('a =   b   '), 'b')
})

t.test('the separator is the first = or :', async t => {
  t.same(read('[g]', 'a = b:c', 'd: e=f', 'g:h'), ['g/a = b:c', 'g/d = e=f', 'g/g = h'])
})

t.test('comments start in the first column', async t => {
  t.same(read('# a = 1', '[g]', '; b = 2', 'c = 3'), ['g/c = 3'])
})

t.test('indented lines continue a value, comment signs included', async t => {
  t.equal(value('a = b', '  c', '\t# d'), 'b\nc\n# d')
  t.equal(value('a =', '  b'), '\nb')
})

t.test('an empty line, a comment and a header end a value', async t => {
  for (const end of ['', '   ', '# comment', '[g]']) t.same(read('[g]', 'a = b', end, '  c').slice(1), ['f:4: an indented line continues the value before it, but there is none'], end)
})

t.test('one pair of matching quotes is taken off', async t => {
  const pairs = { '"b"': 'b', "'b'": 'b', '" b "': ' b ', '""b""': '"b"', '"b': '"b', 'b"': 'b"', '"b\'': '"b\'', '""': '' }
  for (const [written, meant] of Object.entries(pairs)) t.equal(value(`a = ${written}`), meant, written)
  t.equal(value('a = "b', '  c"'), '"b\nc"', 'not across lines')
})

t.test('group names are taken whole, and their case does not matter', async t => {
  t.same(read('[a.b]', 'x = 1', '[drivers:transport:wsgi]', 'x = 2', '[Drivers]', 'x = 3', '[DEFAULT]', 'x = 4', '[ g ]', 'x = 5'),
    ['a.b/x = 1', 'drivers:transport:wsgi/x = 2', 'drivers/x = 3', 'DEFAULT/x = 4', ' g /x = 5'])
})

t.test('repeated names keep all values in their order', async t => {
  t.same(read('[g]', 'a = 1', 'b = 2', 'a = 3'), ['g/a = 1', 'g/b = 2', 'g/a = 3'])
})

t.test('values and headers know their lines, whatever ends a line', async t => {
  for (const end of ['\n', '\r\n', '\r']) {
    const { assignments, headers } = parseIni(['', '[g]', 'a = 1', '  2', 'b = 3', ''].join(end), 'f')
    t.same([...headers, ...assignments].map(({ line }) => line), [2, 3, 5])
  }
})

t.test('every problem names the file and the line, and the rest of the file is still read', async t => {
  t.same(read('x = 1', '[g', '[]', ' c', '[g]', 'word', '= 1', ': 1', 'a = 1'), [
    'g/a = 1',
    'f:1: "x" stands before the first group; write [DEFAULT] above it',
    'f:2: a group header must end with ]',
    'f:3: a group header must have a name',
    'f:4: an indented line continues the value before it, but there is none',
    'f:6: expected "name = value", a [group], a comment or an empty line',
    'f:7: there is no name before the = or :',
    'f:8: there is no name before the = or :',
  ])
})
