/** Clients of other projects at work: what they did, and what doc/clients.md says that they do. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { SCRIPTS, type Program } from './programs.ts'

/** The table of what which client does. */
const TABLE = new URL('../../../../doc/clients.md', import.meta.url)
/** A client that hangs is ended before the test is. */
const CLIENT_MS = 90_000

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

/** Has a client do what its script says, and compares all of it with its column of the table in the documentation. */
export async function play(t: Test, program: Program, env: Readonly<Record<string, string>>): Promise<void> {
  const played = await run(t, program, env)
  for (const { what, did, text = '' } of played.outcomes) t.ok(did !== 'failed', `${played.client}: ${what}`, { diagnostic: did === 'failed', text })
  const done = Object.fromEntries(played.outcomes.map(({ what, did }) => [what, did === 'done' ? 'yes' : 'breaks']))
  t.strictSame(done, documented(played.client), `doc/clients.md says what ${played.client} did`)
}

function run(t: Test, { command, args }: Program, env: Readonly<Record<string, string>>): Promise<Played> {
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
