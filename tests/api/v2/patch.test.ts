/** Changing metadata by patches: api-v2.md 4.4. */
import t from 'tap'
import { PATCH_TYPE } from '../../../lib/model/json-patch.ts'
import { boot, PROJECT } from '../../helpers/boot.ts'
import { JSON_BODIES } from '../../vectors/json-bodies.ts'

const { call } = await boot(t)

const patch = (name: string, body: string, type: string = PATCH_TYPE) => call('PATCH', `/v2/queues/${name}`, { body, headers: { 'Content-Type': type } })
const stored = async (name: string) => (await call('GET', `/v1.1/queues/${name}`)).text
const refusal = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`

t.test('operations are carried out in order', async t => {
  await call('PUT', '/v2/queues/order', { body: '{"a":1,"b":2,"c":3}' })
  const answer = await patch('order', JSON.stringify([
    { op: 'add', path: '/metadata/d', value: 4 }, { op: 'replace', path: '/metadata/d', value: { x: [] } }, { op: 'add', path: '/metadata/a', value: null },
    { op: 'remove', path: '/metadata/b' }, { op: 'replace', path: '/metadata/c', value: 'three' },
  ]))
  t.equal(answer.status, 200)
  t.equal(await stored('order'), '{"a":null,"c":"three","d":{"x":[]}}')
  t.equal(answer.text, (await call('GET', '/v2/queues/order')).text, 'the answer is what GET shows')
  t.equal((await patch('order', '[]')).text, answer.text, 'an empty patch changes nothing')
})

t.test('reserved attributes can be removed and replaced whether or not they were set', async t => {
  await call('PUT', '/v2/queues/reserved')
  const keys = ['_max_messages_post_size', '_default_message_ttl', '_default_message_delay', '_dead_letter_queue', '_dead_letter_queue_messages_ttl', '_max_claim_count', '_enable_encrypt_messages']
  t.equal((await patch('reserved', JSON.stringify(keys.map(key => ({ op: 'remove', path: `/metadata/${key}` }))))).status, 200)
  t.equal((await patch('reserved', '[{"op":"replace","path":"/metadata/_default_message_ttl","value":300}]')).status, 200)
  t.equal(await stored('reserved'), '{"_default_message_ttl":300}')
  const conflict = await patch('reserved', '[{"op":"replace","path":"/metadata/_flavor","value":"x"}]')
  t.equal(conflict.status, 409, 'others that start so are like any')
})

t.test('a member that is not there cannot be replaced or removed, and then nothing is changed', async t => {
  await call('PUT', '/v2/queues/conflict', { body: '{"a":1}' })
  for (const [op, value] of [['replace', ',"value":1'], ['remove', '']] as const) {
    const answer = await patch('conflict', `[{"op":"add","path":"/metadata/b","value":1},{"op":"${op}","path":"/metadata/k"${value}}]`)
    t.same([answer.status, answer.text], [409, `{"description":"Can't ${op} non-existent object k.","title":"Resource conflict"}`])
  }
  t.equal(await stored('conflict'), '{"a":1}')
})

t.test('paths are JSON pointers of two tokens', async t => {
  await call('PUT', '/v2/queues/paths')
  for (const [path, key] of [['/metadata/a~1b', 'a/b'], ['/METADATA/a~0b', 'a~b'], ['/Metadata/ c ', 'c'], ['/metadata/é', 'é'], ['/metadata/~01', '~1']] as const) {
    t.equal((await patch('paths', JSON.stringify([{ op: 'add', path, value: 1 }]))).status, 200, path)
    t.match(JSON.parse(await stored('paths')), { [key]: 1 }, path)
  }
  for (const path of ['metadata/a', '', '/', '/metadata', '/metadata/', '/metadata//', '/metadata//a', '/metadata/a/', '/metadata/a/b', '/meta/a', '//a', '/metadata/a~2', '/metadata/a~']) {
    for (const operation of [{ op: 'add', path, value: 1 }, { op: 'remove', path }]) {
      const answer = await patch('paths', JSON.stringify([operation]))
      t.equal(answer.status, 400, `${operation.op} ${path}`)
      t.match(answer.json(), { title: 'Invalid request body', description: /^Invalid JSON pointer: / })
    }
  }
})

t.test('what is no patch is refused, in the order of the checks', async t => {
  await call('PUT', '/v2/queues/bad', { body: '{"a":1}' })
  const large = 'x'.repeat(65_537)
  t.equal((await patch('bad', large, 'text/plain')).text, refusal('Queue metadata is too large. Max size: 65536'), 'size before media type')
  for (const type of ['application/json', `${PATCH_TYPE}; charset=utf-8`, PATCH_TYPE.toUpperCase()]) {
    const answer = await patch('bad', '', type)
    t.same([answer.status, answer.text],
      [415, `{"description":"Accepted media type for PATCH: {'Accept-Patch': '${PATCH_TYPE}'}.","title":"415 Unsupported Media Type"}`], type)
  }
  const cases: [string, string][] = [
    ['', 'PATCH body could not be empty for update.'],
    [' ', 'Request body could not be parsed.'],
    ['1', 'Request body could not be parsed.'],
    ['{}', 'Document type not supported.'],
    ['[1]', 'Operations must be JSON objects.'],
    ['[{}]', 'Operations must have a member named "op" which is a string.'],
    ['[{"op":1}]', 'Operations must have a member named "op" which is a string.'],
    ['[{"op":"test","path":"/metadata/a","value":1}]', 'Invalid operation: `test`. It must be one of the following: add, remove, replace.'],
    ['[{"op":"add","value":1}]', 'Operations must have a member named "path" which is a string.'],
    ['[{"op":"add","path":"/metadata/a"}]', 'Operation "add" requires a member named "value".'],
    ['[{"op":"add","path":"/metadata/a","value":9223372036854775808}]', 'JSON contains integer that is too large.'],
    ['[{"op":"add","path":"/metadata/_default_message_ttl","value":1}]', '_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long.'],
    ['[{"op":"add","path":"/metadata/_dead_letter_queue","value":"bad"}]', '_dead_letter_queue must be another queue.'],
  ]
  for (const [sent, text] of cases) {
    const answer = await patch('bad', sent)
    t.same([answer.status, answer.text], [400, refusal(text)], sent)
  }
  t.equal(await stored('bad'), '{"a":1}')
})

t.test('a queue that does not exist has nothing to change', async t => {
  const answer = await patch('missing', '[{"op":"replace","path":"/metadata/a","value":1}]')
  t.same([answer.status, answer.text], [404, `{"description":"Queue missing does not exist for project ${PROJECT}","title":"Not found"}`])
  t.equal((await patch('missing', '[{"op":"test"}]')).status, 400, 'after the operations are read')
})

t.test('patches do not make metadata larger than they may be', async t => {
  await call('PUT', '/v2/queues/growing')
  const add = (key: string) => patch('growing', `[{"op":"add","path":"/metadata/${key}","value":"${'x'.repeat(40_000)}"}]`)
  t.equal((await add('a')).status, 200)
  t.equal((await add('b')).text, refusal('Queue metadata is too large. Max size: 65536'))
  t.equal((await add('a')).status, 200)
})

t.test('patches at the same time are all carried out', async t => {
  await call('PUT', '/v2/queues/crowd')
  const keys = Array.from({ length: 4 }, (_, index) => `k${index}`)
  const answers = await Promise.all(keys.map(key => patch('crowd', `[{"op":"add","path":"/metadata/${key}","value":1}]`)))
  t.same(answers.map(({ status }) => status), keys.map(() => 200))
  t.same(Object.keys(JSON.parse(await stored('crowd')) as object).sort(), keys)
})

t.test('members that no operation names stay byte for byte, as do values that are set', async t => {
  const { call } = await boot(t, { limits: { max_queue_metadata: 1_000_000 } })
  const patch = (name: string, body: string) => call('PATCH', `/v2/queues/${name}`, { body, headers: { 'Content-Type': PATCH_TYPE } })
  const stored = async (name: string) => (await call('GET', `/v1.1/queues/${name}`)).text
  for (const [name, value] of Object.entries(JSON_BODIES)) {
    await call('DELETE', '/v2/queues/bytes')
    await call('PUT', '/v2/queues/bytes', { body: `{"\\u0061":${value},"b":1,"b":${value}}` })
    t.equal((await patch('bytes', `[{"op":"add","path":"/metadata/c","value": ${value} }]`)).status, 200, name)
    t.equal(await stored('bytes'), `{"\\u0061":${value},"b":1,"b":${value},"c":${value}}`, name)
    t.ok((await call('GET', '/v2/queues/bytes')).text.startsWith(`{"\\u0061":${value},"b":1,"b":${value},"c":${value},`), name)
  }
})
