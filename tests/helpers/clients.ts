/** Clients of other projects at work on a real server behind a real Keystone. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { Http } from './http.ts'
import { startKeystone, type Keystone } from './keystone.ts'
import { startServer, temporaryFolder, type RunningServer } from './server.ts'

/** The scripts of the clients. They are not compiled: they lie beside the sources of the tests. */
export const SCRIPTS = fileURLToPath(new URL('../../../tests/functional/clients/', import.meta.url))
/** The table of what which client does. */
const TABLE = new URL('../../../doc/clients.md', import.meta.url)
/** A client that hangs is ended before the test is. */
const CLIENT_MS = 90_000

/** A server with a pool `first`, for users of a Keystone in whose catalogue it stands. */
export interface Stage {
  readonly keystone: Keystone
  readonly server: RunningServer
  /** What clients find in their environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts Keystone and the server, or says what is missing for that. */
export async function startStage(t: Test): Promise<Stage | { readonly missing: string }> {
  const keystone = await startKeystone(t, { provider: 'fernet', seconds: 3600 })
  if ('missing' in keystone) return keystone
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, {
    dataDir, workers: 2, args: ['--admin-mode'],
    env: { ...keystone.options(), MARCONI_DEFAULT__POOLING: 'true', MARCONI_SIGNED_URL__SECRET_KEY: 'not told to anybody', MARCONI_DEFAULT__ENABLE_CHECKSUM: 'true' },
  })
  await keystone.announce(server.url)

  const http = new Http(server.url)
  const answer = await http.call('PUT', '/v1/pools/first', { uri: `lmdb://${join(dataDir, 'first')}`, weight: 100 }, { 'X-Auth-Token': await keystone.login('demo_admin', { project: 'demo' }) })
  http.close()
  if (answer.status !== 201) throw new Error(`the pool could not be made: ${answer.text}`)
  return { keystone, server, env: { OS_AUTH_URL: keystone.url, MARCONI_URL: server.url, POOL_URI: `lmdb://${join(dataDir, 'second')}` } }
}

/** What became of one thing that a client was to do: it was done, the client broke it by itself, or it failed. */
interface Outcome {
  readonly what: string
  readonly did: 'done' | 'broke' | 'failed'
  /** What was raised, unless it was done. */
  readonly text?: string
}

/** Who a client is, and what became of what it was to do. */
interface Played {
  readonly client: string
  readonly outcomes: readonly Outcome[]
}

/** How a client is started. */
export interface ClientCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Has a client do what its script says, and compares all of it with its column of the table in the documentation. */
export async function play(t: Test, client: ClientCommand): Promise<void> {
  const played = await run(t, client)
  for (const { what, did, text = '' } of played.outcomes) t.ok(did !== 'failed', `${played.client}: ${what}`, { diagnostic: did === 'failed', text })
  const done = Object.fromEntries(played.outcomes.map(({ what, did }) => [what, did === 'done' ? 'yes' : 'breaks']))
  t.strictSame(done, documented(played.client), `doc/clients.md says what ${played.client} did`)
}

function run(t: Test, { command, args, env }: ClientCommand): Promise<Played> {
  const child = spawn(command, args, {
    cwd: SCRIPTS, stdio: ['ignore', 'pipe', 'pipe'], timeout: CLIENT_MS, killSignal: 'SIGKILL',
    env: { PATH: process.env['PATH'], HOME: SCRIPTS, PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1', ...env },
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => {
      const [head, ...outcomes] = said.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Outcome & { readonly client?: string })
      const broken: Outcome = { what: 'come to an end', did: 'failed', text: `exit status ${String(code)}: ${errors}` }
      resolve({ client: head?.client ?? args.join(' '), outcomes: code === 0 ? outcomes : [...outcomes, broken] })
    })
  })
}

/** The column of a client in the table: what it does, and what it breaks. What it does not offer is left out. */
function documented(client: string): Record<string, string> {
  const rows = readFileSync(TABLE, 'utf8').split('\n').filter(line => line.startsWith('| ')).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
  const column = rows[0]?.indexOf(client) ?? -1
  return Object.fromEntries(rows.map(cells => [cells[0] ?? '', cells[column] ?? '-']).filter(([what, cell]) => what !== rows[0]?.[0] && cell !== '-'))
}
