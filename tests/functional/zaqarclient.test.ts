/** python-zaqarclient 3.0.1 as it comes from PyPI, the last release that speaks v1, at work on a real server. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { venv } from '../helpers/venv.ts'

// The scripts and the text are not compiled: they lie beside the source of this file.
const HERE = new URL('../../../tests/functional/zaqarclient/', import.meta.url)
const TEXT = fileURLToPath(new URL('words.txt', HERE))

/** A running script. */
interface Script {
  readonly pid: number
  /** What it has printed so far, a JSON text a line. */
  readonly lines: readonly unknown[]
  /** All that it printed; rejects if it fails. */
  readonly ended: Promise<readonly unknown[]>
}

/** Starts the client's scripts with one interpreter against one server. */
type Run = (script: string, ...args: readonly string[]) => Script

function runner(t: Test, python: string, url: string): Run {
  return (script, ...args) => {
    const child = spawn(python, [fileURLToPath(new URL(script, HERE)), url, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' },
    })
    t.teardown(() => child.kill('SIGKILL'))
    const lines: unknown[] = []
    let rest = ''
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts.map(line => JSON.parse(line) as unknown))
    })
    const ended = new Promise<readonly unknown[]>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => {
        if (code === 0) resolve(lines)
        else reject(new Error(`${script} ${args.join(' ')} failed: ${errors}`))
      })
    })
    // Whoever waits for it hears of it.
    ended.catch(() => undefined)
    return { pid: child.pid ?? 0, lines, ended }
  }
}

/** Installs the client and starts a server; null if the client cannot be had, and the test has been skipped. */
async function prepare(t: Test): Promise<Run | null> {
  const made = await venv('zaqarclient-3.0.1', ['python-zaqarclient==3.0.1'])
  if (made.kind === 'missing') {
    missing(t, 'python', made.reason)
    return null
  }
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  return runner(t, made.python, server.url)
}

t.test('python-zaqarclient works off a queue of jobs with four workers, each job exactly once', async t => {
  const run = await prepare(t)
  if (run === null) return
  const words = readFileSync(TEXT, 'utf8').trim().split(/\s+/)
  t.ok(words.length >= 1000, `the text has ${String(words.length)} words`)
  t.same(await run('jobs.py', 'post', TEXT).ended, [{ posted: words.length, stats: words.length }])

  const workers = Array.from({ length: 4 }, () => run('jobs.py', 'work'))
  const shares = await Promise.all(workers.map(({ ended }) => ended)) as { no: number; word: string }[][]
  const done = shares.flat().sort((one, other) => one.no - other.no)
  t.same(done, words.map((word, no) => ({ no, word })), 'each word was done once')
  t.comment(`the workers did ${shares.map(share => share.length).join(', ')} of ${String(words.length)}`)
  t.ok(shares.every(share => share.length > 0), 'each worker had a share')
  t.same(await run('jobs.py', 'work').ended, [], 'nothing is left')
})

t.test('two python-zaqarclient subscribers that start at different moments each see all messages in order', async t => {
  const run = await prepare(t)
  if (run === null) return
  const each = 60
  const expected = ['morning', 'evening'].flatMap(from => Array.from({ length: each }, (_, no) => ({ from, no })))

  const early = run('feed.py', 'subscribe', 'early', String(2 * each))
  const morning = run('feed.py', 'publish', 'morning', String(each))
  await until('the early subscriber is reading', () => early.lines.length > 0, 60_000)
  t.same(await morning.ended, [{ without_echo: 0, with_echo: each }], 'a publisher sees its own messages only when it asks for them')
  const late = run('feed.py', 'subscribe', 'late', String(2 * each))
  t.same(await run('feed.py', 'publish', 'evening', String(each)).ended, [{ without_echo: 0, with_echo: each }])

  t.same(await early.ended, [...expected, { subscriber: 'early', whole: 2 * each }])
  t.same(await late.ended, [...expected, { subscriber: 'late', whole: 2 * each }])
})
