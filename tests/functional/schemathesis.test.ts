/** Schemathesis sends what the OpenAPI document allows, and what it does not, and compares what is answered with what it promises. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { DIALECTS } from '../../lib/transport/http/dialects.ts'
import { OPENAPI_TOOLS } from '../helpers/openapi-tools.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder, type ServerOptions } from '../helpers/server.ts'
import { venv } from '../helpers/venv.ts'

// Its configuration and its hooks are not compiled: they lie beside the source of this file.
const HERE = fileURLToPath(new URL('../../../tests/functional/schemathesis/', import.meta.url))

// Some thousand requests to each version.
t.setTimeout(400_000)

interface Run {
  readonly code: number | null
  readonly output: string
}

/** Runs it on some operations of the document of a server. */
function schemathesis(t: Test, folder: string, url: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const program = join(folder, 'bin', 'schemathesis')
  const child = spawn(program, ['--config-file', join(HERE, 'schemathesis.toml'), 'run', `${url}/openapi.json`, '--no-color', ...args], {
    // It writes its cache where it stands.
    cwd: temporaryFolder(t), stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], PYTHONPATH: HERE, PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1', ...env },
  })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => { resolve({ code, output }) })
  })
}

/** Checks that it ran something, and found nothing. */
function check(t: Test, { code, output }: Run, what: string): void {
  t.ok(Number(/^ +Tested: (\d+)$/m.exec(output)?.[1]) > 0, `${what} was tested`)
  t.equal(code, 0, code === 0 ? what : `${what}: ${output}`)
}

const GENERATED = ['--phases', 'examples,coverage,fuzzing']
/** One after the other on what the former ones have made. All have to be for the same project, or nothing is ever found. */
const STATEFUL = ['--phases', 'stateful', '--header', 'X-Project-ID: 5f1c', '--header', 'Client-ID: 30387f0039da4a8b9d3f5a6f0e1c77aa']

const tools = await venv(...OPENAPI_TOOLS)

for (const { id, prefix } of DIALECTS) {
  t.test(`what the document says of API version ${id} holds`, async t => {
    if (tools.kind === 'missing') return missing(t, 'python', tools.reason)
    const { url } = await startServer(t, { dataDir: temporaryFolder(t), env: { MARCONI_SIGNED_URL__SECRET_KEY: 'test' } })
    const include = ['--include-path-regex', `^${prefix.replace('.', '\\.')}(/|$)`]
    check(t, await schemathesis(t, tools.folder, url, [...include, ...GENERATED]), 'each operation')
    check(t, await schemathesis(t, tools.folder, url, [...include, ...STATEFUL]), 'chains of operations')
  })
}

t.test('what the document says of what lies under no version, and of administration, holds', async t => {
  if (tools.kind === 'missing') return missing(t, 'python', tools.reason)
  const options: ServerOptions = { dataDir: temporaryFolder(t), args: ['--admin-mode'], env: { MARCONI_DEFAULT__POOLING: 'true' } }
  const { url } = await startServer(t, options)
  const env = { POOL_URI: `lmdb://${join(temporaryFolder(t), 'pool')}` }
  check(t, await schemathesis(t, tools.folder, url, ['--exclude-path-regex', '^/v', ...GENERATED], env), 'what lies under no version')
  check(t, await schemathesis(t, tools.folder, url, ['--include-tag', 'administration', ...GENERATED], env), 'administration')
})
