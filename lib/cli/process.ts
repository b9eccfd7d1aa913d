/** What every program and every process of the server does alike. */
import { readFileSync } from 'node:fs'
import type { Config } from '../config/tables.ts'
import { openLog, type Log } from '../log.ts'
import { Problems } from '../problems.ts'

/** Opens the log that the configuration asks for. */
export function openServerLog(config: Config): Promise<Log> {
  const { debug, log_format: form, log_file: file } = config.DEFAULT
  return openLog({ level: debug ? 'debug' : 'info', form, file })
}

/** The version in package.json, beside the folder of the build. */
export function versionOf(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  return version
}

/** What to tell the operator of a failure, a line each. */
export function problemsOf(error: unknown): readonly string[] {
  return error instanceof Problems ? error.problems : [reasonOf(error)]
}

/** What the system's error codes mean for a listener, and for a file. */
const LISTENER_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'no permission for this port',
}
const FILE_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'it is not a folder',
  ENOSPC: 'no space is left on the device',
}

/** Why something could not be started, in one line for the operator. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', syscall, address, port, path } = error as NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }
  if (syscall === 'listen' || syscall === 'bind') return `cannot listen on ${address ?? ''}:${port ?? ''}: ${LISTENER_REASONS[code] ?? code}`
  if (code === 'ENOTFOUND') return `cannot listen: ${error.message}`
  if (path !== undefined) return `cannot use ${path}: ${FILE_REASONS[code] ?? code}`
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
