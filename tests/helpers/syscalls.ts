/** What a server does with its data file and its sockets, as strace sees it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const CALLS = 'pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg,fdatasync,fsync,msync,io_uring_enter'

/** A command line that traces what runs under it into a file: bytes in hexadecimal, nothing cut. */
export function tracing(file: string): string[] {
  return ['strace', '-f', '--seccomp-bpf', '-y', '-v', '-xx', '-s', '16777216', '-e', `trace=${CALLS}`, '-o', file]
}

/** Whether this machine lets us trace; if not, what is missing. */
export function tracingIsMissing(): string | null {
  const { error, status } = spawnSync('strace', [...tracing('/dev/null').slice(1), 'true'], { stdio: 'ignore' })
  if (error !== undefined) return 'strace'
  return status === 0 ? null : 'the permission to trace processes'
}

/** A system call on the data file or a socket. */
export interface Call {
  readonly kind: 'page' | 'meta' | 'sync' | 'send'
  /** The line at which it began, and the one at which it was over. */
  readonly begun: number
  readonly done: number
  /** Its arguments, as strace prints them. */
  readonly text: string
}

interface Open {
  readonly name: string
  readonly target: string
  readonly begun: number
  readonly text: string
}

/** The first two pages of the file say which transaction is the last one. */
const META_BYTES = 2 * 4096

function positionOf(text: string): number {
  // pwrite64(fd, data, length, position) = result; pwritev likewise with a number of parts. writev writes where the file stands.
  // Between the position and the bracket strace may say that another thread came in between.
  return Number(/, (\d+)(?: <unfinished \.\.\.>.*)?\)\s+= /.exec(text.slice(-160))?.[1] ?? Infinity)
}

function kindOf({ name, target }: Open, text: string): Call['kind'] | null {
  if (target.startsWith('socket:') || target.startsWith('TCP')) return 'send'
  if (!target.endsWith('/data.mdb')) return name === 'msync' ? 'sync' : null
  if (name === 'fdatasync' || name === 'fsync') return /= 0\s*$/.test(text) ? 'sync' : null
  return name.startsWith('pwrite') && positionOf(text) < META_BYTES ? 'meta' : 'page'
}

/** Some versions of strace print paths in hexadecimal too. */
function decoded(path: string): string {
  return path.replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}

const STARTED = /^(\w+)\((?:\d+<([^>]*)>)?/
const RESUMED = /^<\.\.\. \w+ resumed>/

/** Reads a trace. */
export function readTrace(file: string): Call[] {
  const calls: Call[] = []
  const unfinished = new Map<string, Open>()
  readFileSync(file, 'latin1').split('\n').forEach((line, index) => {
    const space = line.indexOf(' ')
    const thread = line.slice(0, space)
    const rest = line.slice(space).trimStart()
    const call = RESUMED.test(rest) ? unfinished.get(thread) : begin(rest, index)
    if (call === undefined) return
    if (rest.endsWith('<unfinished ...>')) unfinished.set(thread, call)
    else finish(call, call.begun === index ? rest : call.text + rest, index)
  })
  return calls.sort((one, other) => one.done - other.done)

  function finish(call: Open, text: string, done: number): void {
    const kind = kindOf(call, text)
    if (kind !== null) calls.push({ kind, begun: call.begun, done, text })
  }
}

function begin(text: string, begun: number): Open | undefined {
  const [, name, target = ''] = STARTED.exec(text) ?? []
  return name === undefined ? undefined : { name, target: decoded(target), begun, text }
}

/** How strace prints these bytes. */
export function printed(bytes: string | Buffer): string {
  return [...Buffer.from(bytes)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
