/** Every name an option may be given under: its own and those of earlier releases. */
import type { Option } from '../options.ts'
import type { Group } from './tables.ts'

/** One name of an option. */
export interface KnownName {
  /** The name itself, as `group/name`. */
  readonly given: string
  /** The option it stands for, as `group/name`. */
  readonly key: string
  /** 0 for the option's own name, then its deprecated names in their order. */
  readonly rank: number
  readonly option: Option
}

/** All names by `group/name`. */
export type Names = ReadonlyMap<string, KnownName>

/** Lists the names of all options of the groups. */
export function namesOf(groups: readonly Group[]): Names {
  const names = new Map<string, KnownName>()
  for (const { name: group, options } of groups) {
    for (const [name, option] of Object.entries(options)) {
      const key = `${group}/${name}`
      for (const [rank, given] of [key, ...option.deprecated ?? []].entries()) names.set(given, { given, key, rank, option })
    }
  }
  return names
}

/** The two halves of `group/name`. */
export function splitKey(key: string): { group: string; name: string } {
  const at = key.indexOf('/')
  return { group: key.slice(0, at), name: key.slice(at + 1) }
}

/** `group/name` as the file has it: `[group] name`. */
export function showKey(key: string): string {
  const { group, name } = splitKey(key)
  return `[${group}] ${name}`
}
