import t from 'tap'
import { openLog } from '../../lib/log.ts'

t.test('a line is one JSON object, with its time', async t => {
  const lines: string[] = []
  const { log, flush } = await openLog({ level: 'info', form: 'json', destination: { write: line => { lines.push(line) } } })
  log.info({ path: '/v1\n' }, 'request')
  log.debug('not this')
  flush()
  t.equal(lines.length, 1)
  t.match(lines[0], /^[^\n]+\n$/)
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  t.match(line, { level: 30, path: '/v1\n', msg: 'request', time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ })
})

t.test('secrets are hidden', async t => {
  const lines: string[] = []
  const { log } = await openLog({ level: 'info', form: 'auto', destination: { write: line => { lines.push(line) } } })
  const err = Object.assign(new Error('failed'), { headers: { 'x-auth-token': 'hush' }, uri: 'mongodb://u:hush@h', config: { auth: 'hush' } })
  log.info({ token: 'hush', password: 'hush', secret: 'hush', authorization: 'hush', headers: { a: 'hush' }, body: 'hush', uri: 'hush', err })
  t.notMatch(lines.join(''), /hush/)
  t.match(lines.join(''), /failed/)
})
