/** Encrypted queues: api-v2.md 6.8. */
import t from 'tap'
import { encrypted } from '../../../lib/storage/encrypt.ts'
import { Sealer } from '../../../lib/storage/sealer.ts'
import { PATCH_TYPE } from '../../../lib/model/json-patch.ts'
import { boot, PROJECT } from '../../helpers/boot.ts'
import { JSON_BODIES } from '../../vectors/json-bodies.ts'

const plain = await boot(t)
const sealer = new Sealer({ message_encryption_key: 'a key for all tests', message_encryption_former_keys: [] })
const stores = { ...plain.stores, data: encrypted(plain.stores.data, sealer) }
const { call } = await boot(t, { stores, parts: { canEncrypt: true, checksums: true } })

/** Whether every message of a queue is stored sealed. */
async function isSealed(queue: string): Promise<boolean> {
  const record = await plain.stores.control.queue(PROJECT as never, queue as never)
  if (record === null) throw new Error('no such queue')
  const { messages } = await plain.stores.data.read(record, { after: 0 as never, limit: 100, notFrom: null, claimed: true, delayed: true })
  return messages.length > 0 && messages.every(({ body }) => body.startsWith('!1.'))
}

await call('PUT', '/v2/queues/sealed', { body: '{"_enable_encrypt_messages":true,"_max_claim_count":1,"_dead_letter_queue":"dead"}' })

for (const [name, body] of Object.entries(JSON_BODIES)) {
  t.test(`every way out opens the body: ${name}`, async t => {
    const messages = '/v2/queues/sealed/messages'
    const posted = await call('POST', messages, { body: `{"messages":[{"body":${body}},{"body": ${body} }]}` })
    const ids = posted.json<{ resources: string[] }>().resources.map(href => href.slice(href.lastIndexOf('/') + 1))
    t.ok(await isSealed('sealed'), 'and none is stored as it came')
    const shown = `"body":${body}`
    const claimed = await call('POST', '/v2/queues/sealed/claims?limit=1')
    const answers = {
      'list': await call('GET', `${messages}?echo=true`), 'get': await call('GET', `${messages}/${ids[0]}`), 'bulk get': await call('GET', `${messages}?ids=${ids[0]}`),
      'claim': claimed, 'claim get': await call('GET', claimed.headers.location ?? ''), 'pop': await call('DELETE', `${messages}?pop=1`),
      'v1 get': await call('GET', `/v1/queues/sealed/messages/${ids[0]}`), 'v1.1 get': await call('GET', `/v1.1/queues/sealed/messages/${ids[0]}`),
    }
    for (const [way, { text }] of Object.entries(answers)) t.ok(text.includes(shown), way)
    plain.clock.tick(300)
    t.equal((await call('POST', '/v2/queues/sealed/claims')).status, 204)
    t.ok(await isSealed('dead'))
    t.ok((await call('DELETE', '/v2/queues/dead/messages?pop=1')).text.includes(shown), 'dead letter')
  })
}

t.test('older versions post encrypted as well, and a checksum is that of the body', async t => {
  await call('POST', '/v1/queues/sealed/messages', { body: '[{"ttl":300,"body":"str"}]' })
  await call('POST', '/v1.1/queues/sealed/messages', { body: '{"messages":[{"body":"str"}]}' })
  t.ok(await isSealed('sealed'))
  t.same((await call('DELETE', '/v2/queues/sealed/messages?pop=5')).json<{ messages: { checksum: string }[] }>().messages.map(({ checksum }) => checksum), Array(2).fill('MD5:767e2d7912ebefdfe18495ed53635fc8'))
})

t.test('what was posted before a queue was encrypted, or after it no longer is, is read as ever', async t => {
  const post = (body: string) => call('POST', '/v2/queues/turned/messages', { body: `{"messages":[{"body":"${body}"}]}` })
  const turn = (value: boolean) => call('PATCH', '/v2/queues/turned', { body: `[{"op":"add","path":"/metadata/_enable_encrypt_messages","value":${String(value)}}]`, headers: { 'Content-Type': PATCH_TYPE } })
  await post('before')
  await turn(true)
  await post('while')
  await turn(false)
  await post('after')
  t.same((await call('GET', '/v2/queues/turned/messages?echo=true')).json<{ messages: { body: string }[] }>().messages.map(({ body }) => body), ['before', 'while', 'after'])
})

t.test('a body that looks like a sealed one is a body', async t => {
  const body = '"!1.01234567.AAAA"'
  await call('POST', '/v2/queues/lookalike/messages', { body: `{"messages":[{"body":${body}}]}` })
  t.ok((await call('DELETE', '/v2/queues/lookalike/messages?pop=1')).text.includes(`"body":${body}`))
})

t.test('without a key no queue is encrypted, and without the right one nothing is read', async t => {
  const refused = await plain.call('PUT', '/v2/queues/keyless', { body: '{"_enable_encrypt_messages":true}' })
  t.same([refused.status, refused.text],
    [400, '{"description":"_enable_encrypt_messages can not be set: this service has no message encryption key.","title":"Invalid API request"}'])
  await call('POST', '/v2/queues/sealed/messages', { body: '{"messages":[{"body":"s"}]}' })
  const other = await boot(t, { stores: { ...plain.stores, data: encrypted(plain.stores.data, new Sealer({ message_encryption_key: '', message_encryption_former_keys: [] })) } })
  const listed = await other.call('GET', '/v2/queues/sealed/messages?echo=true')
  t.same([listed.status, listed.json<{ description: string }>().description], [503, 'Messages could not be listed. Please try again in a few seconds.'])
  t.match(JSON.stringify(other.logged), /is encrypted with key [0-9a-f]{8}, which is not among those of \[transport\]/)
  t.equal((await other.call('POST', '/v2/queues/sealed/messages', { body: '{"messages":[{"body":1}]}' })).status, 503)
})
