/** Where the configuration files are found when the command line names none. */
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './environment.ts'

/** The folders that are looked into, the first first. */
export function searchPath({ home, configHome }: Pick<Environment, 'home' | 'configHome'>): readonly string[] {
  return [join(home, '.marconi'), join(configHome, 'marconi'), '/etc/marconi']
}

/** A folder that may not be read stands for its files, so that reading it says so. */
function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

function inFolder(folder: string): readonly string[] {
  if (!isReadable(folder)) return [folder]
  return readdirSync(folder).filter(name => name.endsWith('.conf') && !name.startsWith('.')).sort().map(name => join(folder, name))
}

/**
 * The files to read, in order: the first `marconi.conf` of the path, then the files of the first `marconi.conf.d`, sorted.
 * As in oslo.config the two need not be in the same folder.
 */
export function findConfigFiles(path: readonly string[]): readonly string[] {
  const file = path.map(folder => join(folder, 'marconi.conf')).find(existsSync)
  const folder = path.map(each => join(each, 'marconi.conf.d')).find(isFolder)
  return [...file === undefined ? [] : [file], ...folder === undefined ? [] : inFolder(folder)]
}
