/** The file of overrides: limits of some projects, read again when it changes. */
import { readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { parse } from 'yaml'
import type { QuotaOptions } from './options.ts'
import { LIMIT_NAMES, quotaOf, type Quota, type Quotas, type WrittenLimits } from './quota.ts'
import { Problems } from '../problems.ts'

/** Everything that is wrong with a file of overrides. */
export class QuotaError extends Problems {
  override readonly name = 'QuotaError'
}

/** Quotas that follow their file. */
export interface FileQuotas extends Quotas {
  /** Stops following. */
  close(): void
}

/** How often the file is looked at. */
const CHECK_EVERY_MS = 1000

/** How long a changed file must stay as it is before it is read. */
const SETTLE_MS = 50

/** Reads a file of overrides to a quota for each project that it names; what it leaves out is as for all. */
export function parseOverrides(text: string, file: string, defaults: WrittenLimits): ReadonlyMap<string, Quota> {
  const problems: string[] = []
  let document: unknown
  try {
    document = parse(text, { maxAliasCount: 0, mapAsMap: true })
  } catch (error) {
    throw new QuotaError([`${file}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`])
  }
  const quotas = new Map<string, Quota>()
  for (const [project, limits] of entriesOf(document, `${file}: it`, problems)) {
    if (typeof project !== 'string') problems.push(`${file}: project ${String(project)}: an id that looks like a number must be quoted`)
    const where = `${file}: project ${String(project)}`
    const given = entriesOf(limits, where, problems)
    for (const [name, value] of given) checkLimit(`${where}: ${String(name)}`, String(name), value, problems)
    quotas.set(String(project), quotaOf({ ...defaults, ...Object.fromEntries(given) } as WrittenLimits))
  }
  if (problems.length > 0) throw new QuotaError(problems)
  return quotas
}

function entriesOf(value: unknown, what: string, problems: string[]): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value]
  if (value !== null && value !== undefined) problems.push(`${what} must be a map`)
  return []
}

function checkLimit(where: string, name: string, value: unknown, problems: string[]): void {
  if (!(LIMIT_NAMES as readonly string[]).includes(name)) problems.push(`${where}: there is no such limit; there are ${LIMIT_NAMES.join(', ')}`)
  else if (!Number.isSafeInteger(value) || Number(value) < 0) problems.push(`${where}: ${String(value)} is not a whole number from 0`)
}

/**
 * The limits of the options, with the overrides of their file. Rejects with a `QuotaError` where the file cannot be used. Later on
 * a change for the worse leaves the limits as they are and is logged once.
 */
export async function openQuotas(options: QuotaOptions, log: Logger): Promise<FileQuotas> {
  const file = options.overrides
  const everybody = quotaOf(options)
  if (file === '') {
    return { of: () => everybody, close: () => undefined }
  }
  let print = ''
  let overrides: ReadonlyMap<string, Quota> = new Map()

  async function look(): Promise<string> {
    const { mtimeNs, ctimeNs, size, ino } = await stat(file, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join(' ')
  }

  async function read(): Promise<void> {
    const seen = await look()
    overrides = parseOverrides(await readFile(file, 'utf8'), file, options)
    print = seen
  }

  /** Reads a file that has changed, once it stays as it is: none is read half-written. */
  async function follow(): Promise<void> {
    const seen = await look()
    if (seen === print) return
    await sleep(SETTLE_MS)
    if ((await look()) === seen) await read()
  }

  try {
    await read()
  } catch (error) {
    throw error instanceof QuotaError ? error : new QuotaError([`${file}: it cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`])
  }
  let isFailing = false
  let isFollowing = false
  const timer = setInterval(() => {
    if (isFollowing) return
    isFollowing = true
    follow().then(() => { isFailing = false }, (error: unknown) => {
      if (!isFailing) log.error({ err: error }, 'the file of quotas cannot be used; the former limits stay in force')
      isFailing = true
    }).finally(() => { isFollowing = false })
  }, CHECK_EVERY_MS)
  timer.unref()
  return { of: project => overrides.get(project) ?? everybody, close: () => { clearInterval(timer) } }
}
