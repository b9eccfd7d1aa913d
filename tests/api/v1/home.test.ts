/** Version list, home document, health: api-v1.md 4. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'

const { call } = await boot(t, { parts: { versions: ['1'] } })

t.test('the version list is a 300 that asks for no headers', async t => {
  const answer = await call('GET', '/', { project: null, client: null })
  t.equal(answer.status, 300)
  t.equal(answer.headers['content-type'], 'application/json')
  t.same(answer.json(), {
    versions: [{
      id: '1', status: 'DEPRECATED', updated: '2014-9-11T17:47:05Z',
      'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.messaging-v1+json' }],
      links: [{ href: '/v1/', rel: 'self' }],
    }],
  })
  t.equal((await call('GET', '/', { project: '', client: 'bad' })).status, 300, 'bad ones do not matter')
  t.equal((await call('HEAD', '/')).status, 405)
})

interface Relation {
  readonly 'href-template': string
  readonly 'href-vars': Record<string, string>
  readonly hints: { readonly allow: string[]; readonly formats: object; readonly 'accept-post'?: string[] }
}

t.test('the home document says what is where', async t => {
  const answer = await call('GET', '/v1', { project: null, client: null })
  t.equal(answer.status, 200)
  t.equal(answer.headers['content-type'], 'application/json-home')
  t.equal(answer.headers['cache-control'], 'max-age=86400')
  const home = answer.json<{ resources: Record<string, Relation> }>()
  t.same(Object.keys(home), ['resources'])
  t.equal(answer.text, JSON.stringify(home, null, 4), 'four spaces')
  const q = { queue_name: 'param/queue_name' }
  const expected: [string, string, object, string[]][] = [
    ['rel/queues', '/v1/queues{?marker,limit,detailed}', { marker: 'param/marker', limit: 'param/queue_limit', detailed: 'param/detailed' }, ['GET']],
    ['rel/queue', '/v1/queues/{queue_name}', q, ['GET', 'HEAD', 'PUT', 'DELETE']],
    ['rel/queue-metadata', '/v1/queues/{queue_name}/metadata', q, ['GET', 'PUT']],
    ['rel/queue-stats', '/v1/queues/{queue_name}/stats', q, ['GET']],
    ['rel/messages', '/v1/queues/{queue_name}/messages{?marker,limit,echo,include_claimed}',
      { ...q, marker: 'param/marker', limit: 'param/messages_limit', echo: 'param/echo', include_claimed: 'param/include_claimed' }, ['GET']],
    ['rel/post-messages', '/v1/queues/{queue_name}/messages', q, ['POST']],
    ['rel/claim', '/v1/queues/{queue_name}/claims{?limit}', { ...q, limit: 'param/claim_limit' }, ['POST']],
  ]
  t.same(Object.keys(home.resources), expected.map(([name]) => name))
  for (const [name, template, vars, allow] of expected) {
    const relation = home.resources[name]
    t.equal(relation?.['href-template'], template)
    t.same(relation?.['href-vars'], vars)
    t.same(relation?.hints, { allow, formats: { 'application/json': {} }, ...(allow[0] === 'POST' ? { 'accept-post': ['application/json'] } : {}) })
  }
})

t.test('health is an empty 204', async t => {
  for (const verb of ['GET', 'HEAD']) {
    const answer = await call(verb, '/v1/health', { project: null, client: null })
    t.equal(answer.status, 204)
    t.equal(answer.text, '')
  }
})
