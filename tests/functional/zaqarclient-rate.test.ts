/** python-zaqarclient 3.0.1 as it comes from PyPI at a server that holds it to a rate: it hears of each message that is not stored (decisions 3). */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { Http } from '../helpers/http.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'
import { venv } from '../helpers/venv.ts'

// The script is not compiled: it lies beside the source of this file.
const SCRIPT = fileURLToPath(new URL('../../../tests/functional/zaqarclient/rate.py', import.meta.url))
const BURST = 4
/** How many messages it posts after it was refused. */
const LATER = 3

/** What became of a message in the eyes of the client. */
interface Outcome {
  readonly no: number
  readonly did: string
  readonly text?: string
}

t.test('python-zaqarclient raises on each post beyond the rate, and all others are stored', async t => {
  const made = await venv('zaqarclient-3.0.1', ['python-zaqarclient==3.0.1'])
  if (made.kind === 'missing') {
    missing(t, 'python', made.reason)
    return
  }
  const limits = { MARCONI_QUOTAS__REQUESTS_PER_SECOND: '1', MARCONI_QUOTAS__BURST: String(BURST) }
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2, env: limits })
  const { stdout } = await promisify(execFile)(made.python, [SCRIPT, server.url, String(LATER)], {
    timeout: 90_000, env: { PATH: process.env['PATH'], PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' },
  })
  const outcomes = stdout.trim().split('\n').map(line => JSON.parse(line) as Outcome)
  const posted = outcomes.filter(({ did }) => did === 'posted').map(({ no }) => no)
  const raised = outcomes.filter(({ did }) => did !== 'posted')
  t.comment(`${String(posted.length)} posted, ${String(raised.length)} raised; ${raised[0]?.text ?? ''}`)
  // It asks for the queue first.
  t.ok(posted.length >= BURST - 1 + LATER, 'some were posted')
  t.ok(raised.length > 0, 'some were refused')
  t.same([...new Set(raised.map(({ did }) => did))], ['ServiceUnavailableError'])
  t.match(raised[0]?.text, /Code: 503.*The project may make 1 requests? a second/s)

  await server.stop()
  const free = await server.restart(t, { env: {} })
  const http = new Http(free.url, { project: 'slow' })
  t.teardown(() => { http.close() })
  const stored = (await http.list('slow')).map(({ body }) => (body as Outcome).no)
  t.same(stored, posted, 'what post() returned from is stored, what it raised for is not')
})
