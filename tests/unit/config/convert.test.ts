import t from 'tap'
import { convert, isValueOf, type CheckedOption } from '../../../lib/config/convert.ts'

/** The value of a text, or what was expected. */
function read(option: Partial<CheckedOption>, text: string): unknown {
  const result = convert({ doc: '', format: 'string', default: '', ...option }, text)
  return result.kind === 'value' ? result.value : `expected ${result.expected}`
}

t.test('booleans are eight words in any letter case', async t => {
  for (const word of ['true', '1', 'yes', 'on', 'TRUE', 'Yes']) t.equal(read({ format: 'boolean' }, word), true, word)
  for (const word of ['false', '0', 'no', 'off', 'FALSE', 'Off']) t.equal(read({ format: 'boolean' }, word), false, word)
  for (const word of ['', 'y', '2', 'true!']) t.equal(read({ format: 'boolean' }, word), 'expected true or false (or 1, 0, yes, no, on, off)', word)
})

t.test('numbers are whole and within their bounds', async t => {
  t.same(['7', '+7', ' 7 ', '007', '1_000'].map(text => read({ format: 'nat' }, text)), [7, 7, 7, 7, 1000])
  for (const bad of ['', '-1', '1.5', '1e3', '0x10', 'ten', '7s', '1__0', '99999999999999999999']) {
    t.equal(read({ format: 'nat' }, bad), 'expected a whole number of at least 0', bad)
  }
  t.equal(read({ format: 'nat', min: 60 }, '59'), 'expected a whole number of at least 60')
  t.equal(read({ format: 'nat', min: 60, max: 70 }, '71'), 'expected a whole number from 60 to 70')
  t.same(['60', '70'].map(text => read({ format: 'nat', min: 60, max: 70 }, text)), [60, 70])
})

t.test('a port is a number from 0 to 65535', async t => {
  t.same(['0', '65535'].map(text => read({ format: 'port' }, text)), [0, 65_535])
  for (const bad of ['-1', '65536', 'http']) t.equal(read({ format: 'port' }, bad), 'expected a port number from 0 to 65535', bad)
})

t.test('a list is separated by commas, its items trimmed', async t => {
  const cases = { 'a,b': ['a', 'b'], ' a , b ': ['a', 'b'], 'a\nb,\nc': ['a\nb', 'c'], 'a,,b': ['a', '', 'b'], 'a,,': ['a'], '': [], ',': [] }
  for (const [text, items] of Object.entries(cases)) t.same(read({ format: 'list' }, text), items, JSON.stringify(text))
})

t.test('the items of a list may be a closed choice', async t => {
  t.same(read({ format: 'list', items: ['1', '1.1'] }, '1.1'), ['1.1'])
  t.equal(read({ format: 'list', items: ['1', '1.1'] }, '1,2'), 'expected a list separated by commas, of these: 1, 1.1')
})

t.test('a choice is taken as it is spelled', async t => {
  t.equal(read({ format: ['fast', 'safe'] }, 'fast'), 'fast')
  t.equal(read({ format: ['fast', 'safe'] }, 'Fast'), 'expected one of these: fast, safe')
  t.equal(read({ format: ['', 'keystone'] }, ''), '')
  t.equal(read({ format: ['', 'keystone'] }, 'none'), 'expected one of these: (empty), keystone')
  t.equal(read({ format: [''] }, 'keystone'), 'expected (empty)')
})

t.test('text is taken as it stands', async t => {
  t.equal(read({ format: 'string' }, ' a\nb '), ' a\nb ')
})

t.test('a value of another type is none of the option', async t => {
  const option = (format: CheckedOption['format']): CheckedOption => ({ doc: '', format, default: '' })
  const wrong = [['string', 1], ['boolean', 'true'], ['nat', '1'], ['nat', 1.5], ['port', null], ['list', 'a'], ['list', [1]]] as const
  for (const [format, value] of wrong) t.notOk(isValueOf(option(format), value), `${format} ${JSON.stringify(value)}`)
  t.notOk(isValueOf(option(['a']), 'b'))
})
