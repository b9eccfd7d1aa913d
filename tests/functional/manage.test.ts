/** marconi-manage beside a running server. */
import t from 'tap'
import { Http } from '../helpers/http.ts'
import { manage } from '../helpers/manage.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'

t.test('quota show tells the limits and the use of a project while the server runs', async t => {
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, { dataDir, workers: 2 })
  const http = new Http(server.url)
  await http.put('/v1/queues/jobs')
  await http.post('/v1/queues/jobs/messages', [{ ttl: 300, body: 'abc' }, { ttl: 300, body: 12 }])
  http.close()
  const { stdout } = await manage(['quota', 'show', 'p1', '--json', '--data-dir', dataDir])
  t.same(JSON.parse(stdout), {
    project: 'p1',
    limits: { queues: null, messages: null, bytes: null, requests_per_second: null, burst: null, waits: null },
    use: { queues: 1, messages: 2, bytes: 7 },
  })
  const table = await manage(['quota', 'show', 'p1', '--data-dir', dataDir])
  t.match(table.stdout, /^project .+\nquota +limit +used\nqueues +none +1\nmessages +none +2\nbytes +none +7\n/)
  await server.stop()
})

t.test('queue show tells where a queue lies and what it holds', async t => {
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, { dataDir })
  const http = new Http(server.url)
  await http.put('/v1/queues/jobs')
  await http.put('/v1/queues/jobs/metadata', { a: 1 })
  await http.post('/v1/queues/jobs/messages', [1, 2, 3].map(body => ({ ttl: 300, body })))
  await http.post('/v1/queues/jobs/claims?limit=1', { ttl: 300, grace: 60 })
  http.close()
  const { stdout } = await manage(['queue', 'show', 'p1', 'jobs', '--json', '--data-dir', dataDir])
  t.match(JSON.parse(stdout), { project: 'p1', queue: 'jobs', pool: null, moving: null, metadata: { a: 1 }, messages: { free: 2, claimed: 1, delayed: 0 }, oldest: { id: /^[0-9a-f]{24}$/ } })
  t.match((await manage(['queue', 'show', 'p1', 'jobs', '--data-dir', dataDir])).stdout, /^project +p1\nqueue +jobs\nepoch +\d+\npool +-\nmoving +no\nfree +2\n/)
  t.match(await manage(['queue', 'show', 'p1', 'other', '--data-dir', dataDir]), { code: 1, stderr: 'marconi-manage: Queue other does not exist for project p1\n' })
  t.match(await manage(['queue', 'show', 'p1', 'no/name', '--data-dir', dataDir]), { code: 1, stderr: /no name of a queue/ })
  await server.stop()
})

t.test('gc and marconi-gc remove what has expired, and say nothing', async t => {
  for (const program of ['manage', 'gc'] as const) {
    const dataDir = temporaryFolder(t)
    const args = [...(program === 'manage' ? ['gc'] : []), '--data-dir', dataDir]
    t.match(await manage(args, { program }), { code: 0, stdout: '', stderr: '' })
  }
  t.match(await manage(['--config-file', '/nowhere.conf'], { program: 'gc' }), { code: 1, stderr: 'marconi-gc: /nowhere.conf: there is no such file\n' })
})

t.test('db sync has nothing to do for the embedded store, and says so', async t => {
  const dataDir = temporaryFolder(t)
  t.match(await manage(['db', 'sync', '--data-dir', dataDir]), { code: 0, stdout: 'message store lmdb: nothing to do\ncontrol store lmdb: nothing to do\n' })
})

t.test('bad usage is one clear line, and help is help', async t => {
  t.match((await manage(['quota', 'show', '--help'])).stdout, /^Usage: marconi-manage quota show \[options\] <project>/)
  for (const [args, stderr] of [
    [['quota', 'show'], /missing required argument 'project'/], [['nonsense'], /unknown command 'nonsense'/], [['pool', 'create', 'p', 'u'], /--weight/],
    [['pool', 'create', 'p', 'u', '--weight', 'x'], /whole number/], [['export'], /missing required argument/], [['db'], /Usage: marconi-manage db/],
  ] as const) t.match(await manage(args), { code: 2, stderr }, args.join(' '))
  for (const group of ['quota', 'queue', 'pool', 'export', 'import', 'gc', 'db']) t.match(await manage([group, '--help']), { code: 0, stdout: /^Usage: marconi-manage / }, group)
  t.match(await manage(['quota', 'show', 'p', '--config-file', '/nowhere.conf']), { code: 1, stderr: 'marconi-manage: /nowhere.conf: there is no such file\n' })
})
