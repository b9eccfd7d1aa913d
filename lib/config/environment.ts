/** The environment of the process: the only file that reads it. */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { nearest } from '../model/nearest.ts'
import { showKey, splitKey, type Names } from './names.ts'
import type { Given, Problem, Reading } from './merge.ts'

/** What the configuration needs to know of the environment. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** The folder of the user's configuration files, `~/.config` unless told otherwise. */
  readonly configHome: string
  /** The folder of the user's data, `~/.local/share` unless told otherwise. */
  readonly dataHome: string
}

/** Reads the environment. Folders that are not absolute are ignored, as the XDG specification asks. */
export function readEnvironment(variables: Environment['variables'] = process.env): Environment {
  const home = variables['HOME'] ?? homedir()
  const folder = (name: string, otherwise: string) => {
    const value = variables[name] ?? ''
    return isAbsolute(value) ? value : otherwise
  }
  return {
    variables, home,
    configHome: folder('XDG_CONFIG_HOME', join(home, '.config')),
    dataHome: folder('XDG_DATA_HOME', join(home, '.local', 'share')),
  }
}

/** The variable of an option, `MARCONI_<GROUP>__<OPTION>`. */
export function variableOf(key: string): string {
  const plain = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
  const { group, name } = splitKey(key)
  return `MARCONI_${plain(group)}__${plain(name)}`
}

/** The options that variables give. A variable of our form that belongs to no option is a problem. */
export function givenByVariables(names: Names, variables: Environment['variables']): Reading {
  const keys = new Map([...names.keys()].map(key => [variableOf(key), key]))
  const given: Given[] = []
  const problems: Problem[] = []
  for (const [variable, text] of Object.entries(variables)) {
    if (text === undefined || !/^MARCONI_.*__/.test(variable)) continue
    const key = keys.get(variable)
    if (key !== undefined) given.push({ key, text, origin: variable })
    else problems.push({ key: null, text: `${variable}: no option has this variable${suggest(variable, keys)}` })
  }
  return { given, problems }
}

function suggest(variable: string, keys: ReadonlyMap<string, string>): string {
  const near = nearest(variable, keys.keys())
  return near === null ? '' : `; did you mean ${near}, for ${showKey(keys.get(near) ?? '')}?`
}
