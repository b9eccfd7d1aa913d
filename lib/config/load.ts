/** Reads the configuration: defaults, files in their order, environment, command line. The later wins. */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { keystoneProblems } from '../transport/http/auth/options.ts'
import { policyPlace } from '../policy/file.ts'
import { encryptionProblems } from '../storage/encryption-options.ts'
import { givenByVariables, type Environment } from './environment.ts'
import { parseIni } from './ini.ts'
import { merge, type Given, type Problem, type Reading } from './merge.ts'
import { limitProblems } from '../model/limits.ts'
import { nearest } from '../model/nearest.ts'
import { namesOf, splitKey, type Names } from './names.ts'
import { GROUPS, type Config } from './tables.ts'
import { Problems } from '../problems.ts'

/** What the command line gives: the text of each option, by `group/option`. */
export type Flags = Readonly<Record<string, string>>

/** Where the configuration comes from. */
export interface Sources {
  readonly files: readonly string[]
  readonly flags: Flags
  readonly environment: Environment
}

/** A configuration without problems. It is frozen, and its paths are absolute. */
export interface LoadedConfig {
  readonly config: Config
  /** The files that were read, in their order. */
  readonly files: readonly string[]
  /** One line for each deprecated name in use. */
  readonly warnings: readonly string[]
}

/** Everything that is wrong with a configuration. */
export class ConfigError extends Problems {
  override readonly name = 'ConfigError'
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'the file may not be read by this user',
  EISDIR: 'this is a folder, not a file',
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'the file is not UTF-8 text' : REASONS[code] ?? `the file cannot be read: ${code}`
}

function readText(file: string): string {
  // A byte order mark stays, so that it is an error here as it is in oslo.config.
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
}

/** What the text of one file gives. Values of unknown groups are left out: the group is the problem. */
export function givenByText(names: Names, content: string, file: string): Reading {
  const groups = new Set([...names.keys()].map(key => splitKey(key).group))
  const ini = parseIni(content, file)
  const problems = ini.problems.map((text): Problem => ({ key: null, text }))
  const unknown = new Set<string>()
  for (const { group, line } of ini.headers) {
    if (groups.has(group) || unknown.has(group)) continue
    unknown.add(group)
    const near = nearest(group, groups)
    const hint = near === null ? '' : `; did you mean [${near}]?`
    problems.push({ key: null, text: `${file}:${String(line)}: [${group}]: there is no such group${hint}` })
  }
  const given = ini.assignments.filter(({ group }) => !unknown.has(group))
    .map(({ group, name, text, line }): Given => ({ key: `${group}/${name}`, text, origin: `${file}:${String(line)}` }))
  return { given, problems }
}

function givenByFile(names: Names, file: string): Reading {
  let content: string
  try {
    content = readText(file)
  } catch (error) {
    return { given: [], problems: [{ key: null, text: `${file}: ${whyUnreadable(error)}` }] }
  }
  return givenByText(names, content, file)
}

/** Fills in the folders that follow from others. What stands beside the configuration is looked for beside its first file. */
function withPaths(config: Config, { dataHome }: Environment, files: readonly string[]): Config {
  const { DEFAULT: common, 'drivers:message_store:lmdb': lmdb, quotas } = config
  const policy = policyPlace(config.oslo_policy, files)
  const statePath = resolve(common.state_path === '' ? join(dataHome, 'marconi') : common.state_path)
  return {
    ...config,
    DEFAULT: { ...common, state_path: statePath, log_file: common.log_file === '' ? '' : resolve(common.log_file) },
    oslo_policy: { ...config.oslo_policy, policy_file: policy.file ?? '', policy_dirs: policy.folders },
    quotas: { ...quotas, overrides: quotas.overrides === '' ? '' : resolve(dirname(files[0] ?? '.'), quotas.overrides) },
    'drivers:message_store:lmdb': { ...lmdb, path: resolve(statePath, lmdb.path === '' ? 'store' : lmdb.path) },
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze)
    Object.freeze(value)
  }
  return value
}

/** A file named twice is read once, where it was named last. */
function eachOnce(files: readonly string[]): readonly string[] {
  const all = files.map(file => resolve(file))
  return all.filter((file, index) => all.lastIndexOf(file) === index)
}

/** Reads and checks the whole configuration. Throws a ConfigError that lists everything that is wrong with it. */
export function loadConfig({ files, flags, environment }: Sources): LoadedConfig {
  const names = namesOf(GROUPS)
  const read = eachOnce(files)
  const parts = [
    ...read.map(file => givenByFile(names, file)),
    givenByVariables(names, environment.variables),
    { given: Object.entries(flags).map(([key, text]): Given => ({ key, text, origin: 'command line' })), problems: [] },
  ]
  const merged = merge(GROUPS, names, parts.map(part => part.given))
  const problems = [...parts.flatMap(part => part.problems), ...merged.problems]
  if (problems.length > 0) throw new ConfigError(problems.map(problem => problem.text))
  const values = merged.values as Config
  const contradictions = [
    ...limitProblems(values.transport), ...encryptionProblems(values.transport), ...values.DEFAULT.auth_strategy === 'keystone' ? keystoneProblems(values.keystone_authtoken) : [],
  ]
  if (contradictions.length > 0) throw new ConfigError(contradictions)
  return freeze({ config: withPaths(values, environment, read), files: read, warnings: merged.warnings })
}
