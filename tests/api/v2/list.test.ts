/** The list of queues: api-v2.md 4.5. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'

const { call, stores } = await boot(t)

interface Listed { readonly queues: { readonly name: string; readonly metadata?: object }[]; readonly links: { readonly href: string }[]; readonly count?: number }

const list = async (query: string, project = 'lister') => (await call('GET', `/v2/queues${query}`, { project })).json<Listed>()
const names = async (query: string) => (await list(query)).queues.map(({ name }) => name)

const QUEUES: Record<string, string> = {
  alpha: '{"node":31,"team":"red"}', 'alpha.beta': '{"node":"31","team":"red"}', beta: '{"node":31.0,"a":"b,c"}', gamma: '{"_max_messages_post_size":2000,"team":"blue"}',
}
for (const [name, body] of Object.entries(QUEUES)) await call('PUT', `/v2/queues/${name}`, { project: 'lister', body })

t.test('an empty page has no links', async t => {
  t.equal((await call('GET', '/v2/queues', { project: 'nobody' })).text, '{"queues":[],"links":[]}')
  t.equal((await call('GET', '/v2/queues?with_count=true', { project: 'nobody' })).text, '{"queues":[],"links":[]}', 'and no count of zero')
})

t.test('queues come by name, with a link after each page that is not empty', async t => {
  t.equal((await call('GET', '/v2/queues?limit=2', { project: 'lister' })).text,
    '{"queues":[{"name":"alpha","href":"/v2/queues/alpha"},{"name":"alpha.beta","href":"/v2/queues/alpha.beta"}],"links":[{"rel":"next","href":"/v2/queues?limit=2&marker=alpha.beta"}]}')
  t.same((await list('?limit=2&marker=alpha.beta')).links, [{ rel: 'next', href: '/v2/queues?marker=gamma&limit=2' }])
  t.same(await list('?marker=gamma&limit=2'), { queues: [], links: [] })
  t.equal((await call('GET', '/v2/queues?limit=21', { project: 'lister' })).status, 400)
})

t.test('metadata are shown on demand, as they are by themselves', async t => {
  const { queues } = await list('?detailed=True&limit=1')
  t.same(queues[0]?.metadata, (await call('GET', '/v2/queues/alpha', { project: 'lister' })).json())
})

t.test('the count is of all queues of the project', async t => {
  const page = await list('?with_count=true&limit=1&name=gamma')
  t.same([page.count, page.queues.length], [4, 1])
  t.same(page.links, [{ rel: 'next', href: '/v2/queues?limit=1&name=gamma&with_count=true&marker=gamma' }])
  t.equal((await list('')).count, undefined)
  t.equal((await list('?with_count=false')).count, undefined)
})

t.test('names are searched as they stand', async t => {
  t.same(await names('?name=alpha'), ['alpha', 'alpha.beta'])
  t.same(await names('?name=beta'), ['alpha.beta', 'beta'])
  t.same(await names('?name=.'), ['alpha.beta'], 'a dot is a dot')
  t.same(await names('?name=.*'), [])
  t.same(await names('?name='), Object.keys(QUEUES))
})

t.test('any other parameter is a filter on metadata', async t => {
  t.same(await names('?node=31'), ['alpha', 'beta'], 'a whole number is one')
  t.same(await names('?team=red'), ['alpha', 'alpha.beta'])
  t.same(await names('?team=red&node=31'), ['alpha'], 'all of them hold')
  t.same(await names('?_max_messages_post_size=2000'), ['gamma'])
  t.same(await names('?_max_messages_post_size=262144'), [], 'a default is not set')
  t.same(await names('?node=32'), [])
  t.same(await names('?color=blue'), [])
  t.same(await names('?color='), Object.keys(QUEUES), 'a blank one is absent')
  t.same(await names('?constructor=x'), [])
  const { links } = await list('?team=red&limit=1')
  t.same(links, [{ rel: 'next', href: '/v2/queues?limit=1&team=red&marker=alpha' }], 'and goes on with the next page')
  for (const query of ['?a=b,c', '?node=31&node=31']) {
    const answer = await call('GET', `/v2/queues${query}`, { project: 'lister' })
    t.same([answer.status, answer.json<{ title: string }>().title], [400, 'Invalid parameter'], query)
  }
})

t.test('a filter looks at 10 000 queues a request, and never gives an empty page with more behind it', async t => {
  const control = {
    ...stores.control,
    async listQueues(project: string, after: string, limit: number) {
      const first = after === '' ? 0 : Number(after) + 1
      return Array.from({ length: Math.max(0, Math.min(limit, 12_000 - first)) }, (_, index) => {
        const queue = String(first + index).padStart(5, '0')
        return { project, queue, epoch: 1, pool: null, moving: null, metadata: queue === '11000' ? '{"late":1}' : queue === '00007' ? '{"early":1}' : '{}' }
      })
    },
  }
  const { call } = await boot(t, { stores: { ...stores, control } as never })
  const early = await call('GET', '/v2/queues?early=1')
  t.equal(early.text, '{"queues":[{"name":"00007","href":"/v2/queues/00007"}],"links":[{"rel":"next","href":"/v2/queues?early=1&marker=09999"}]}', 'the page ends early')
  t.equal((await call('GET', '/v2/queues?early=1&marker=09999')).text, '{"queues":[],"links":[]}')
  const late = await call('GET', '/v2/queues?late=1')
  t.same([late.status, late.json<{ description: string }>().description], [400, 'None of the 10000 queues that one request looks at matches. Go on with marker=09999.'])
  t.match((await call('GET', '/v2/queues?late=1&marker=09999')).json(), { queues: [{ name: '11000' }] })
})
