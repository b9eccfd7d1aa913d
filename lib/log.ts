/**
 * The log: one JSON object a line, or lines for people on a terminal. Lines are collected and written together, so the answer
 * to a request never waits for the log; `flush` writes what is left before the process ends.
 */
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

/** What a line may be logged at. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** How to log. */
export interface LogOptions {
  readonly level: LogLevel
  /** `auto` is for people if standard error is a terminal and no file is named. */
  readonly form: 'auto' | 'json' | 'pretty'
  /** The file to append to; empty for standard error. */
  readonly file?: string
  /** Where to write instead. */
  readonly destination?: DestinationStream
}

/** An open log. */
export interface Log {
  readonly log: Logger
  /** Writes what is collected, before it returns. */
  flush(): void
}

/** Members that are never written, wherever a line might pick them up. */
const SECRET = [
  'token', 'password', 'secret', 'authorization', 'headers', 'body', 'uri',
  'err.token', 'err.password', 'err.uri', 'err.headers', 'err.request', 'err.response', 'err.config',
]

/** Below what the destination writes at once, which is 16 KiB. */
const COLLECT_BYTES = 16_000
const WRITE_EVERY_MS = 500

/** Opens the log. */
export async function openLog(options: LogOptions): Promise<Log> {
  const file = options.file ?? ''
  const settings = { level: options.level, base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime, redact: { paths: SECRET, censor: '[hidden]' } }
  if (options.destination !== undefined) return { log: pino(settings, options.destination), flush: nothing }
  const dest = file === '' ? 2 : file
  if (options.form === 'pretty' || (options.form === 'auto' && file === '' && process.stderr.isTTY)) {
    const { build } = await import('pino-pretty')
    return { log: pino(settings, build({ destination: dest, sync: true, singleLine: true })), flush: nothing }
  }
  const destination = pino.destination({ dest, sync: false, mkdir: true, minLength: COLLECT_BYTES, periodicFlush: WRITE_EVERY_MS })
  return { log: pino(settings, destination), flush: () => { destination.flushSync() } }
}

function nothing(): void {
  // each line is written as it comes
}
