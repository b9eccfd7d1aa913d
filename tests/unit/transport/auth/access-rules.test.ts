import fc from 'fast-check'
import t from 'tap'
import { allows, compileRules } from '../../../../lib/transport/http/auth/access-rules.ts'

function fits(pattern: string, path: string, method = 'GET'): boolean {
  return allows(compileRules([{ service: 'messaging', method: 'GET', path: pattern }], 'messaging'), method, path)
}

t.test('a path fits as a whole', async t => {
  const cases: [string, string, boolean][] = [
    ['/v1/queues', '/v1/queues', true], ['/v1/queues', '/v1/queues/', false], ['/v1/queues', '/v1/queues/a', false], ['/v1/queues', '/x/v1/queues', false],
    ['/v1/queues/*', '/v1/queues/a', true], ['/v1/queues/*', '/v1/queues/', false], ['/v1/queues/*', '/v1/queues/a/b', false],
    ['/v1/queues/{queue}', '/v1/queues/a', true], ['/v1/queues/{queue}/stats', '/v1/queues/a/stats', true], ['/v1/queues/{queue}', '/v1/queues/a/b', false],
    ['/v1/**', '/v1/', true], ['/v1/**', '/v1/a/b/c', true], ['/v1/**', '/v1', false], ['**', '/anything', true], ['/**/stats', '/v1/queues/a/stats', true],
    ['/v1/a.c', '/v1/abc', false], ['/v1/(a|b)', '/v1/a', false], ['/v1/a*c', '/v1/abbc', true], ['/v1/a*c', '/v1/ac', false], ['', '', true], ['', '/', false],
    ['/v1/queues/**', '/v1/queues/%2e%2e', true], ['/v1/{', '/v1/{', true],
  ]
  for (const [pattern, path, expected] of cases) t.equal(fits(pattern, path), expected, `${pattern} ${path}`)
})

t.test('the method and the service must be the same', async t => {
  t.equal(fits('/v1', '/v1', 'HEAD'), false)
  t.equal(fits('/v1', '/v1', 'get'), false)
  t.same(compileRules([{ service: 'compute', method: 'GET', path: '/v1' }], 'messaging'), [])
  t.equal(allows([], 'GET', '/v1'), false)
})

t.test('patterns mean what the same regular expressions mean', async () => {
  const piece = fc.constantFrom('a', 'b', '/', '*', '**', '{x}')
  fc.assert(fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }), (pieces, path) => {
    const pattern = pieces.join('')
    const expression = pattern.replaceAll('**', '\0').replaceAll(/\*|\{x\}/g, '[^/]+').replaceAll('\0', '.*')
    return fits(pattern, path.join('')) === new RegExp(`^${expression}$`).test(path.join(''))
  }), { numRuns: 2_000 })
})

t.test('no pattern makes the search long', async t => {
  const started = performance.now()
  t.equal(fits(`${'**a'.repeat(300)}b`, 'a'.repeat(2_000)), false)
  t.equal(fits('/**', `/${'a'.repeat(3_000)}`), false, 'a path that long is none of ours')
  t.ok(performance.now() - started < 5_000)
})
