/** The clients that are tested, at the versions that doc/clients.md names: as they come from PyPI and the Go module proxy. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { venv } from '../venv.ts'

/** The scripts and programs that work with the clients. They are not compiled: they lie beside the sources of the tests. */
export const SCRIPTS = fileURLToPath(new URL('../../../../tests/functional/clients/', import.meta.url))

const CACHE = fileURLToPath(new URL('../../../../.cache/', import.meta.url))
/** Building takes a minute on a slow machine. */
const BUILD_MS = 300_000

/** What starts a client. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
}

/** What is missing to have a client. */
export interface Missing {
  readonly part: 'python' | 'go'
  readonly reason: string
}

/** A client to be tested. */
export interface Client {
  readonly title: string
  /** Installs it, unless it is there. */
  readonly install: () => Promise<Program | Missing>
}

function python(name: string, requirements: readonly string[], ...args: readonly string[]): Client['install'] {
  return async () => {
    const made = await venv(name, requirements)
    return made.kind === 'ready' ? { command: made.python, args } : { part: 'python', reason: made.reason }
  }
}

function newest(script: string): Client['install'] {
  return python('openstack-clients', ['python-openstackclient==10.5.0', 'python-zaqarclient==4.7.0', 'openstacksdk==4.22.0'], script)
}

/** The last release that speaks v1 and v1.1. */
function old(...args: readonly string[]): Client['install'] {
  return python('zaqarclient-3.0.1', ['python-zaqarclient==3.0.1'], ...args)
}

/** Builds the program of a folder of `SCRIPTS`; its `go.mod` says the version of the client. */
function go(folder: string): Client['install'] {
  return () => {
    const command = `${CACHE}go/${folder}`
    const run = (...args: readonly string[]) => spawnSync('go', args, {
      cwd: SCRIPTS + folder, encoding: 'utf8', timeout: BUILD_MS, env: { ...process.env, GOCACHE: `${CACHE}go/build`, GOMODCACHE: `${CACHE}go/modules`, GOFLAGS: '-modcacherw' },
    })
    if (run('mod', 'download').status !== 0) return Promise.resolve({ part: 'go', reason: 'go with its module proxy' })
    const { status, stderr } = run('build', '-o', command, '.')
    return status === 0 ? Promise.resolve({ command, args: [] }) : Promise.reject(new Error(`${folder} could not be built: ${stderr}`))
  }
}

/** All of them. */
export const CLIENTS: readonly Client[] = [
  { title: 'python-zaqarclient 4.7.0 over v2', install: newest('zaqarclient_v2.py') },
  { title: 'python-zaqarclient 3.0.1 over v1.1', install: old('zaqarclient_old.py', '1.1') },
  { title: 'python-zaqarclient 3.0.1 over v1', install: old('zaqarclient_old.py', '1') },
  { title: 'python-openstackclient', install: newest('openstack_commands.py') },
  { title: 'openstacksdk', install: newest('sdk.py') },
  { title: 'gophercloud', install: go('gophercloud') },
]
