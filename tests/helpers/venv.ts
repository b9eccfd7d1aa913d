/** Python environments for tests that compare Marconi with programs written in Python. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

/** An environment whose `python` has the packages, or what is missing to make one. */
export type Venv =
  | { readonly kind: 'ready'; readonly folder: string; readonly python: string }
  | { readonly kind: 'missing'; readonly reason: string }

const CACHE = fileURLToPath(new URL('../../../.cache/venv/', import.meta.url))
const MISSING: Venv = { kind: 'missing', reason: 'python3 with venv and PyPI' }

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** How long the owner of a lock may take to make its environment, in milliseconds. */
const PATIENCE_MS = 600_000

/** Takes the lock file, or waits until its owner has given it back or died. */
async function take(lock: string): Promise<void> {
  await until(`${lock} is free`, () => takeFree(lock), PATIENCE_MS)
}

function takeFree(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const owner = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
  // An owner of 0 is about to write its pid or has just left.
  if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true })
  return false
}

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 300_000 }).status === 0
}

/**
 * The environment `.cache/venv/<name>` of the checkout with these requirements of pip. It is made when it is missing or was
 * made for others, and kept; test files that ask for the same one at the same time wait for each other.
 */
export async function venv(name: string, requirements: readonly string[]): Promise<Venv> {
  const folder = join(CACHE, name)
  const python = join(folder, 'bin', 'python')
  const marker = join(folder, 'requirements.txt')
  const wanted = `${requirements.join('\n')}\n`
  const isReady = () => existsSync(marker) && readFileSync(marker, 'utf8') === wanted

  mkdirSync(CACHE, { recursive: true })
  await take(`${folder}.lock`)
  try {
    if (isReady()) return { kind: 'ready', folder, python }
    rmSync(folder, { recursive: true, force: true })
    if (!succeeds('python3', '-m', 'venv', folder)) return MISSING
    if (!succeeds(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements)) return MISSING
    writeFileSync(marker, wanted)
    return { kind: 'ready', folder, python }
  } finally {
    rmSync(`${folder}.lock`, { force: true })
  }
}
