/** Policy files: found, read, and read again when they change. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { PolicyOptions } from './options.ts'
import { buildPolicy, type Built, type GivenRule, type Policy } from './policy.ts'
import { parsePolicy } from './yaml.ts'
import { Problems } from '../problems.ts'

/** Where the files of a policy are. All paths are absolute; any of them may be missing. */
export interface PolicyPlace {
  readonly file: string | null
  readonly folders: readonly string[]
}

/** A policy that follows its files. */
export interface FilePolicy extends Policy {
  /** Looks whether the files have changed. It is done every second anyway. */
  check(): Promise<void>
  /** Stops following. */
  close(): void
}

/** Everything that is wrong with a policy. */
export class PolicyError extends Problems {
  override readonly name = 'PolicyError'
}

/** How the files stand. */
interface View {
  /** The files there are, the weakest first. */
  readonly files: readonly string[]
  /** Differs when a file has changed. */
  readonly print: string
  readonly problems: readonly string[]
}

/** How often the files are looked at. */
const CHECK_EVERY_MS = 1_000

/** How long changed files must stay as they are before they are read, so that no half-written one is. */
const SETTLE_MS = 50

/** Where the options put the files. Relative paths are of no use without a configuration file. */
export function policyPlace(options: PolicyOptions, configFiles: readonly string[]): PolicyPlace {
  const [first] = configFiles
  const base = first === undefined ? null : dirname(resolve(first))
  const find = (path: string) => path === '' ? [] : base === null ? [path].filter(isAbsolute) : [resolve(base, path)]
  return { file: find(options.policy_file)[0] ?? null, folders: options.policy_dirs.flatMap(find) }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

/** What comes of it, or null where the file or folder is not there. Any other failure is a problem. */
async function unlessMissing<T>(path: string, problems: string[], result: Promise<T>): Promise<T | null> {
  try {
    return await result
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT') problems.push(`${path}: it cannot be read: ${code}`)
    return null
  }
}

async function look({ file, folders }: PolicyPlace): Promise<View> {
  const problems: string[] = []
  const paths = file === null ? [] : [file]
  for (const folder of folders) {
    const names = await unlessMissing(folder, problems, readdir(folder)) ?? []
    paths.push(...names.filter(name => !name.startsWith('.') && !name.endsWith('~')).sort().map(name => join(folder, name)))
  }
  const files: string[] = []
  const prints: string[] = []
  for (const path of paths) {
    const stats = await unlessMissing(path, problems, stat(path, { bigint: true }))
    if (stats === null || (stats.isDirectory() && path !== file)) continue
    files.push(path)
    prints.push([path, stats.dev, stats.ino, stats.size, stats.mtimeNs].join(' '))
  }
  return { files, print: [...prints, ...problems].join('\n'), problems }
}

async function read({ files, problems: unseen }: View): Promise<Built> {
  const problems = [...unseen]
  const rules = new Map<string, GivenRule>()
  for (const file of files) {
    const content = await readFile(file).then(bytes => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).catch((error: unknown) => {
      const code = codeOf(error)
      problems.push(`${file}: ${code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : `it cannot be read: ${code}`}`)
      return ''
    })
    const parsed = parsePolicy(content, file)
    problems.push(...parsed.problems)
    for (const [name, rule] of parsed.rules) rules.set(name, rule)
  }
  const built = buildPolicy(rules)
  return { ...built, problems: [...problems, ...built.problems] }
}

/** Reads the policy once. Rejects with a `PolicyError` that lists everything that is wrong with it. */
export async function readPolicy(place: PolicyPlace): Promise<Built & { readonly files: readonly string[] }> {
  const view = await look(place)
  const built = await read(view)
  if (built.problems.length > 0) throw new PolicyError(built.problems)
  return { ...built, files: view.files }
}

/**
 * Opens the policy and follows its files. Rejects with a `PolicyError` where it cannot be used. Later on, a change for the worse
 * leaves the rules as they are and is logged once. So does a policy file that is gone: falling back to the defaults would open
 * what the file had closed.
 */
export async function openPolicy(place: PolicyPlace, log: Logger): Promise<FilePolicy> {
  let { print } = await look(place)
  let current = await readPolicy(place)
  let isChecking = false
  tell('policy rules read')

  function tell(what: string): void {
    log.info({ files: current.files }, what)
    for (const warning of current.warnings) log.warn(warning)
  }

  async function reread(view: View): Promise<void> {
    const gone = view.files[0] !== place.file && current.files[0] === place.file && place.file !== null
    const built = await read(view)
    const problems = [...gone ? [`${place.file ?? ''}: it is gone`] : [], ...built.problems]
    if (problems.length > 0) {
      log.error({ problems }, 'the changed policy files cannot be used; the former rules stay in force')
      return
    }
    current = { ...built, files: view.files }
    tell('changed policy rules read')
  }

  async function check(): Promise<void> {
    if (isChecking) return
    isChecking = true
    try {
      const view = await look(place)
      if (view.print === print) return
      await sleep(SETTLE_MS)
      if ((await look(place)).print !== view.print) return
      print = view.print
      await reread(view)
    } finally {
      isChecking = false
    }
  }

  const timer = setInterval(() => { check().catch((error: unknown) => { log.error({ err: error }, 'the policy files cannot be checked') }) }, CHECK_EVERY_MS)
  timer.unref()
  return {
    allows: (rule, caller) => current.policy.allows(rule, caller),
    needsRoles: (rule, caller) => current.policy.needsRoles(rule, caller),
    check,
    close() { clearInterval(timer) },
  }
}
