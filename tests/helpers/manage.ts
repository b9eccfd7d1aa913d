/** The programs that look after a store, as processes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a program ended. */
export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** What a program is started with, besides its arguments. */
export interface ManageOptions {
  readonly program?: 'manage' | 'gc'
  /** Options as environment variables. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Is told of each piece that is written to standard error. */
  readonly onError?: (text: string, child: ChildProcess) => void
}

/** Starts a program; it is killed if it takes longer than half a minute. */
export function startManage(args: readonly string[], { program = 'manage', env = {}, stdin, onError }: ManageOptions = {}): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
  const script = fileURLToPath(new URL(`../../lib/cli/${program}.js`, import.meta.url))
  const home = join(tmpdir(), 'marconi-no-home')
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home, ...env }, timeout: 60_000, killSignal: 'SIGKILL' })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    onError?.(text, child)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin ?? '')
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => { resolve({ code, signal, stdout, stderr }) })
  })
  return { child, finished }
}

/** Runs a program to its end. */
export function manage(args: readonly string[], options: ManageOptions = {}): Promise<Finished> {
  return startManage(args, options).finished
}
