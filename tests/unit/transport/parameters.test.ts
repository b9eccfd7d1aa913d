import t from 'tap'
import { parseQuery } from '../../../lib/transport/http/parameters.ts'

t.test('the last one that is not blank counts', async t => {
  t.equal(parseQuery('a=1&a=2').text('a'), '2')
  t.equal(parseQuery('a=1&a=').text('a'), '1')
  t.equal(parseQuery('a=').text('a'), null)
  t.equal(parseQuery('a').text('a'), null)
  t.equal(parseQuery('').text('a'), null)
  t.equal(parseQuery('b=1').text('a'), null)
})

t.test('values are decoded as those of forms', async t => {
  t.equal(parseQuery('a=x+y%20z%C3%A9').text('a'), 'x y zé')
  t.equal(parseQuery('%61=1').text('a'), '1')
  t.equal(parseQuery('a=%zz%').text('a'), '%zz%')
  t.equal(parseQuery('a=%ff').text('a'), '\u{fffd}')
  t.equal(parseQuery('__proto__=1').text('__proto__'), '1')
  t.equal(parseQuery('').text('__proto__'), null)
})

t.test('integers may be of any size', async t => {
  t.equal(parseQuery('a=007').integer('a'), 7)
  t.equal(parseQuery('a=-12').integer('a'), -12)
  t.equal(parseQuery('a=%2B12').integer('a'), 12)
  t.ok((parseQuery(`a=${'9'.repeat(1000)}`).integer('a') ?? 0) > Number.MAX_SAFE_INTEGER)
  t.equal(parseQuery('').integer('a'), null)
  for (const bad of ['x', '1.0', '1e3', '+', '--1', '1 ', '٣']) t.throws(() => parseQuery(`a=${encodeURIComponent(bad)}`).integer('a'), { name: 'ParameterNotInteger' }, bad)
})

t.test('a yes or no', async t => {
  for (const yes of ['true', 'True', 'yes', '1', 'on']) t.equal(parseQuery(`a=${yes}`).boolean('a'), true, yes)
  for (const no of ['false', 'False', 'no', '0', 'off']) t.equal(parseQuery(`a=${no}`).boolean('a'), false, no)
  t.equal(parseQuery('').boolean('a'), null)
  for (const bad of ['TRUE', 'ja', 't', '2']) t.throws(() => parseQuery(`a=${bad}`).boolean('a'), { name: 'ParameterNotBoolean' }, bad)
})

t.test('lists come with commas or repeated', async t => {
  t.same(parseQuery('a=1,2&b=x&a=3').list('a'), ['1', '2', '3'])
  t.same(parseQuery('a=,1,,2,&a=').list('a'), ['1', '2'])
  t.same(parseQuery('a=1%2C2').list('a'), ['1', '2'])
  t.same(parseQuery('').list('a'), [])
})
