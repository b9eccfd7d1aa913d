/** Message bodies come back as they went, byte for byte, from wherever they went: decisions 1. In v1.1 and v2. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'
import { JSON_BODIES } from '../../vectors/json-bodies.ts'

const { call, clock } = await boot(t)

for (const prefix of ['/v1.1', '/v2']) {
  for (const [name, body] of Object.entries(JSON_BODIES)) {
    t.test(`${prefix} body: ${name}`, async t => {
      const queue = `${prefix}/queues/jobs`
      const messages = `${queue}/messages`
      const posted = await call('POST', messages, { body: `{ "messages" :[ {"body" : ${body}\n} ,{"ttl":300,"body":${body}}] }` })
      t.equal(posted.status, 201)
      const ids = posted.json<{ resources: string[] }>().resources.map(href => href.slice(href.lastIndexOf('/') + 1))
      const show = (index: number, query = '') => `{"id":"${ids[index]}","href":"${messages}/${ids[index]}${query}","ttl":${index === 0 ? 3600 : 300},"age":0,"body":${body}}`
      t.equal((await call('GET', `${messages}/${ids[0]}`)).text, show(0), 'get')
      t.equal((await call('GET', `${messages}?ids=${ids.join(',')}`)).text, `{"messages":[${show(0)},${show(1)}]}`, 'bulk get')
      t.ok((await call('GET', `${messages}?echo=true`)).text.startsWith(`{"messages":[${show(0)},${show(1)}],"links":[`), 'list')
      const claimed = await call('POST', `${queue}/claims?limit=1`, { body: '{"ttl":60,"grace":60}' })
      const claim = claimed.headers.location ?? ''
      const held = show(0, `?claim_id=${claim.slice(claim.lastIndexOf('/') + 1)}`)
      t.equal(claimed.text, `{"messages":[${held}]}`, 'claim')
      t.equal((await call('GET', claim)).text, `{"href":"${claim}","ttl":60,"age":0,"messages":[${held}]}`, 'claim get')
      await call('DELETE', claim)
      const count = prefix === '/v2' ? ',"claim_count":0' : ''
      const pop = (index: number) => `{"id":"${ids[index]}","ttl":${index === 0 ? 3600 : 300},"age":0,"body":${body},"claim_id":null${count}}`
      t.equal((await call('DELETE', `${messages}?pop=2`)).text, `{"messages":[${pop(0)},${pop(1)}]}`, 'pop')
    })
  }
}

t.test('bodies of dead letters', async t => {
  await call('PUT', '/v2/queues/work', { body: '{"_max_claim_count":1,"_dead_letter_queue":"dead"}' })
  for (const [name, body] of Object.entries(JSON_BODIES)) {
    await call('POST', '/v2/queues/work/messages', { body: `{"messages":[{"body": ${body} }]}` })
    await call('POST', '/v2/queues/work/claims', { body: '{"ttl":60}' })
    clock.tick(60)
    t.equal((await call('POST', '/v2/queues/work/claims')).status, 204)
    t.ok((await call('DELETE', '/v2/queues/dead/messages?pop=1')).text.includes(`"age":60,"body":${body},"claim_id":null`), name)
  }
})
