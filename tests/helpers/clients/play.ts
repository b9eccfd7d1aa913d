/** Clients of other projects at work: what they did, and what doc/clients.md says that they do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { forgetGroup, signalGroup, watchGroup } from '../process-group.ts'
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

/** What the table says of each outcome. */
const CELLS = { done: 'yes', broke: 'breaks', failed: 'failed' } as const satisfies Record<Outcome['did'], string>

/** Has a client do what its script says, and compares all of it with its column of the table in the documentation. */
export async function play(t: Test, program: Program, env: Readonly<Record<string, string>>): Promise<void> {
  const { client, outcomes } = await run(t, program, env)
  for (const { what, did, text = '' } of outcomes) t.ok(did !== 'failed', `${client}: ${what}`, { diagnostic: did === 'failed', text })
  t.strictSame(Object.fromEntries(outcomes.map(({ what, did }) => [what, CELLS[did]])), documented(client), `doc/clients.md says what ${client} did`)
}

/** Runs the program. That it does not come to a good end is one more outcome. */
async function run(t: Test, { command, args }: Program, env: Readonly<Record<string, string>>): Promise<Played> {
  const child = spawn(command, args, {
    // A group of its own, for it may start processes itself.
    cwd: SCRIPTS, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    env: { PATH: process.env['PATH'], HOME: join(tmpdir(), 'marconi-no-home'), PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1', ...env },
  })
  const { pid } = child
  watchGroup(pid)
  const kill = () => { if (pid !== undefined) signalGroup(pid, 'SIGKILL') }
  const impatient = setTimeout(kill, CLIENT_MS)
  t.teardown(() => {
    clearTimeout(impatient)
    kill()
    forgetGroup(pid)
  })

  let said = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const [code] = await once(child, 'close')
  const [head, ...outcomes] = said.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Outcome & { readonly client?: string })
  const broken: Outcome = { what: 'come to an end', did: 'failed', text: `exit status ${String(code)}: ${errors}` }
  return { client: head?.client ?? args.join(' '), outcomes: code === 0 ? outcomes : [...outcomes, broken] }
}

/** The column of a client in the table: what it does, and what it breaks. What it does not offer is left out. */
function documented(client: string): Record<string, string> {
  const lines = readFileSync(TABLE, 'utf8').split('\n').filter(line => line.startsWith('| '))
  const [head = [], ...rows] = lines.map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
  const column = head.indexOf(client)
  return Object.fromEntries(rows.map(cells => [cells[0] ?? '', cells[column] ?? '-']).filter(([, cell]) => cell !== '-'))
}
