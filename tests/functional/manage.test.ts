/** marconi-manage beside a running server. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { Http } from '../helpers/http.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'

const run = promisify(execFile)
const MANAGE = fileURLToPath(new URL('../../lib/cli/manage.js', import.meta.url))

function manage(...args: readonly string[]) {
  return run(process.execPath, [MANAGE, ...args], { timeout: 20_000 })
}

t.test('quota show tells the limits and the use of a project while the server runs', async t => {
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, { dataDir, workers: 2 })
  const http = new Http(server.url)
  await http.put('/v1/queues/jobs')
  await http.post('/v1/queues/jobs/messages', [{ ttl: 300, body: 'abc' }, { ttl: 300, body: 12 }])
  http.close()
  const { stdout } = await manage('quota', 'show', 'p1', '--json', '--data-dir', dataDir)
  t.same(JSON.parse(stdout), {
    project: 'p1',
    limits: { queues: null, messages: null, bytes: null, requests_per_second: null, burst: null },
    use: { queues: 1, messages: 2, bytes: 7 },
  })
  const table = await manage('quota', 'show', 'p1', '--data-dir', dataDir)
  t.match(table.stdout, /^project .+\nquota +limit +used\nqueues +none +1\nmessages +none +2\nbytes +none +7\n/)
  await server.stop()
})

t.test('bad usage is one clear line, and help is help', async t => {
  t.match((await manage('quota', 'show', '--help')).stdout, /^Usage: marconi-manage quota show \[options\] <project>/)
  await t.rejects(manage('quota', 'show'), { code: 2, stderr: /missing required argument 'project'/ })
  await t.rejects(manage('nonsense'), { code: 2, stderr: /unknown command 'nonsense'/ })
  await t.rejects(manage('quota', 'show', 'p', '--config-file', '/nowhere.conf'), { code: 1, stderr: /^marconi-manage: \/nowhere\.conf: there is no such file\n$/ })
})
