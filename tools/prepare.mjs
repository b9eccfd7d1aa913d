/**
 * Makes a checkout ready to run: installs the dependencies if they are missing or older than the lock file, and builds.
 * It runs before `npm start`, `npm test` and their like, so each works on a fresh clone. Plain JavaScript, because nothing
 * is installed yet when it starts.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function run(what, command, ...args) {
  process.stderr.write(`marconi: ${what}\n`)
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error || status !== 0) {
    process.stderr.write(`marconi: ${what} failed${error ? `: ${error.message}` : ''}\n`)
    process.exit(1)
  }
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

function newest(folder) {
  let latest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) latest = Math.max(latest, modified(join(entry.parentPath ?? entry.path, entry.name)))
  }
  return latest
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`marconi: Node.js 20.19 or newer is needed; this is ${process.versions.node}\n`)
  process.exit(1)
}

const installed = modified(join(root, 'node_modules', '.package-lock.json'))
if (installed < modified(join(root, 'package-lock.json'))) run('installing the dependencies', 'npm', 'ci', '--no-audit', '--no-fund')

const sources = Math.max(...['lib', 'tests', 'tools'].map(folder => newest(join(root, folder))), modified(join(root, 'tsconfig.json')))
// A stamp of our own: the compiler also writes its build information when it only checks, or fails.
const stamp = join(root, 'dist', '.built')
if (modified(stamp) < sources) {
  run('building', process.execPath, join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.')
  writeFileSync(stamp, '')
}
