import t from 'tap'
import { ACTIONS } from '../../../lib/transport/http/routes.ts'
import { DIALECTS } from '../../../lib/transport/http/dialects.ts'

t.test('a path offers each verb once, or once with ids and once without', async t => {
  for (const { id } of DIALECTS) {
    const rows = ACTIONS[id].map(({ verb, path, given }) => `${verb} ${path} ${given ?? ''}`)
    t.same(rows, [...new Set(rows)])
  }
})

t.test('what can meet a storage failure says so in a sentence, but for the health check', async t => {
  for (const { id } of DIALECTS) {
    for (const { verb, path, failure } of ACTIONS[id]) {
      if (['', '/', '/ping'].includes(path) || (path === '/health' && id === '1')) t.equal(failure, undefined, `${verb} ${path}`)
      else t.match(failure, /^[A-Z][a-z ]+ could not be [a-z]+\.$/, `${verb} ${path}`)
    }
  }
})

t.test('only the home document has no policy rule', async t => {
  for (const { id } of DIALECTS) {
    for (const { verb, path, rule } of ACTIONS[id]) {
      if (path === '' || path === '/') t.equal(rule, null)
      else t.match(rule, /^(queues|messages|claims|ping|pools|flavors|health):[a-z_]+$/, `${verb} ${path}`)
    }
  }
})

t.test('the prefixes of the versions are their numbers', async t => {
  for (const { id, prefix } of DIALECTS) t.equal(prefix, `/v${id}`)
})
