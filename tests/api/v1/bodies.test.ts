/** Bodies and metadata come back as they went, byte for byte: api-v1.md 2.7, decisions 1. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'
import { JSON_BODIES } from '../../vectors/json-bodies.ts'

const { call } = await boot(t)

const TERMS = '{"ttl": 60, "grace": 60}'

await call('PUT', '/v1/queues/jobs')

for (const [name, body] of Object.entries(JSON_BODIES)) {
  t.test(`body: ${name}`, async t => {
    const posted = await call('POST', '/v1/queues/jobs/messages', { body: `[ {"body" : ${body}\n, "ttl":300} ,{"ttl":300,"body":${body}}]` })
    t.equal(posted.status, 201)
    const { resources: [href = '', second = ''] } = posted.json<{ resources: string[] }>()
    const show = (query = '') => [href, second].map(each => `{"href":"${each}${query}","ttl":300,"age":0,"body":${body}}`).join(',')
    const ids = posted.headers.location?.split('=')[1] ?? ''

    t.equal((await call('GET', href)).text, show().slice(0, show().length / 2 - 0.5), 'get')
    t.equal((await call('GET', `/v1/queues/jobs/messages?ids=${ids}`)).text, `[${show()}]`, 'bulk get')
    const listed = (await call('GET', '/v1/queues/jobs/messages?echo=true')).text
    t.ok(listed.startsWith(`{"messages":[${show()}],"links":[`), 'list')
    const claimed = await call('POST', '/v1/queues/jobs/claims', { body: TERMS })
    const claim = claimed.headers.location ?? ''
    const claimId = claim.slice(claim.lastIndexOf('/') + 1)
    t.equal(claimed.text, `[${show(`?claim_id=${claimId}`)}]`, 'claim')
    t.equal((await call('PATCH', claim, { body: TERMS })).status, 204)
    t.equal((await call('GET', claim)).text, `{"href":"${claim}","ttl":60,"age":0,"messages":[${show(`?claim_id=${claimId}`)}]}`, 'claim get')
    await call('DELETE', `/v1/queues/jobs/messages?ids=${ids}`)
  })

  t.test(`metadata: ${name}`, async t => {
    const document = `{"a" : ${body},"b":${body} }`
    t.equal((await call('PUT', '/v1/queues/jobs/metadata', { body: `\n${document} ` })).status, 204)
    t.equal((await call('GET', '/v1/queues/jobs/metadata')).text, document, 'get')
    const listed = (await call('GET', '/v1/queues?detailed=true')).text
    t.equal(listed, `{"queues":[{"name":"jobs","metadata":${document},"href":"/v1/queues/jobs"}],"links":[{"rel":"next","href":"/v1/queues?detailed=true&marker=jobs"}]}`, 'list')
  })
}

t.test('answers have the length of their bytes', async t => {
  await call('PUT', '/v1/queues/jobs/metadata', { body: '{"é":"😀"}' })
  const answer = await call('GET', '/v1/queues/jobs/metadata')
  t.equal(answer.headers['content-length'], String(Buffer.byteLength('{"é":"😀"}')))
})

t.test('documents nest up to 128 levels', async t => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const post = (levels: number) => call('POST', '/v1/queues/jobs/messages', { body: `[{"ttl":60,"body":${nested(levels - 2)}}]` })
  const put = (levels: number) => call('PUT', '/v1/queues/jobs/metadata', { body: `{"a":${nested(levels - 1)}}` })
  const text = '{"description":"Request body could not be parsed. It is nested deeper than 128 levels.","title":"Invalid request body"}'
  t.equal((await post(128)).status, 201)
  t.equal((await put(128)).status, 204)
  for (const levels of [129, 1000, 100_000]) t.equal((await post(levels)).text, text)
  for (const levels of [129, 1000, 30_000]) t.equal((await put(levels)).text, text)
})
