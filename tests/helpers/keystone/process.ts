/** A Keystone that runs in a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forgetGroup, signalGroup, watchGroup } from '../process-group.ts'
import { until } from '../until.ts'

/** How tokens are made, and for how long. */
export interface TokenSettings {
  readonly provider: 'fernet' | 'jws'
  readonly seconds: number
}

const HERE = fileURLToPath(new URL('../../../../tests/helpers/keystone/', import.meta.url))
const MANAGE = 'import sys; from keystone.cmd.manage import main; sys.argv[0] = "keystone-manage"; main()'
/** Keystone takes a while to load on a busy machine. */
const START_MS = 90_000

/** The processes of one Keystone. */
export class KeystoneProcess {
  readonly folder: string
  readonly #python: string
  #child: ChildProcess | null = null
  #port = 0

  constructor(python: string, folder: string) {
    this.#python = python
    this.folder = folder
  }

  /** Where its v3 API is, once it has been started. */
  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}/v3`
  }

  get accessLog(): string {
    const file = join(this.folder, 'access.log')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  configure({ provider, seconds }: TokenSettings): void {
    const at = (name: string) => join(this.folder, name)
    writeFileSync(at('keystone.conf'), [
      '[DEFAULT]', `log_file = ${at('keystone.log')}`,
      // bcrypt as cheap as it can be: these passwords protect nothing
      '[identity]', 'password_hash_rounds = 4',
      '[database]', `connection = sqlite:///${at('keystone.db')}?timeout=60&check_same_thread=false`,
      '[token]', `provider = ${provider}`, `expiration = ${String(seconds)}`,
      '[fernet_tokens]', `key_repository = ${at('fernet')}`,
      '[fernet_receipts]', `key_repository = ${at('fernet')}`,
      '[jwt_tokens]', `jws_public_key_repository = ${at('public')}`, `jws_private_key_repository = ${at('private')}`,
      '[credential]', `key_repository = ${at('credential')}`,
      // within the one process; without it a check of a token takes half a second
      '[cache]', 'enabled = true', 'backend = dogpile.cache.memory',
      '',
    ].join('\n'))
  }

  /** Makes the database and the keys, with an administrator `admin`. */
  prepare(): void {
    const owner = ['--keystone-user', userInfo().username, '--keystone-group', this.#group()]
    for (const name of ['fernet', 'credential', 'public', 'private']) mkdirSync(join(this.folder, name), { mode: 0o700 })
    this.#manage('db_sync')
    this.#run('-c', 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("pragma journal_mode=wal")', join(this.folder, 'keystone.db'))
    this.#manage('fernet_setup', ...owner)
    this.#manage('credential_setup', ...owner)
    this.#manage('create_jws_keypair', ...owner)
    for (const kind of ['public', 'private']) this.#run('-c', 'import os, sys; os.rename(*sys.argv[1:])', `${kind}.pem`, join(kind, `${kind}.pem`))
    const url = 'http://127.0.0.1/v3'
    this.#manage('bootstrap', '--bootstrap-password', 'adminpw', '--bootstrap-region-id', 'RegionOne',
      '--bootstrap-public-url', url, '--bootstrap-internal-url', url, '--bootstrap-admin-url', url)
  }

  /** Starts to serve: on a free port, and on the same one when it is started again. */
  async start(): Promise<void> {
    const child = spawn(this.#python, [
      '-m', 'gunicorn', '--bind', `127.0.0.1:${String(this.#port)}`, '--workers', '1', '--threads', '4', '--keep-alive', '60',
      '--access-logfile', join(this.folder, 'access.log'), '--chdir', HERE, 'keystone_app:application',
    ], { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: this.#environment() })
    this.#child = child
    watchGroup(child.pid)
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text })
    const failed = () => { if (child.exitCode !== null) throw new Error(`Keystone ended: ${said}`) }
    this.#port = await until('Keystone says where it listens', () => {
      failed()
      return Number(/Listening at: http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? 0) || null
    }, START_MS)
    this.#run(join(HERE, 'address.py'), join(this.folder, 'keystone.db'), this.url)
    await until('Keystone answers', async () => {
      failed()
      return (await fetch(this.url, { signal: AbortSignal.timeout(5_000) }).catch(() => null))?.ok ?? false
    }, START_MS)
  }

  /** Ends all its processes. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child?.pid === undefined || child.exitCode !== null) return
    const { pid } = child
    const ended = new Promise(resolve => { child.once('close', resolve) })
    signalGroup(pid, 'SIGTERM')
    const impatient = setTimeout(() => { signalGroup(pid, 'SIGKILL') }, 3_000)
    await ended
    clearTimeout(impatient)
    signalGroup(pid, 'SIGKILL')
    forgetGroup(pid)
  }

  #environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '', HOME: this.folder, PYTHONWARNINGS: 'ignore', PYTHONDONTWRITEBYTECODE: '1',
      OS_KEYSTONE_CONFIG_FILES: join(this.folder, 'keystone.conf'),
    }
  }

  #manage(...args: string[]): void {
    this.#run('-c', MANAGE, '--config-file', join(this.folder, 'keystone.conf'), ...args)
  }

  #run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(this.#python, args, { cwd: this.folder, env: this.#environment(), encoding: 'utf8', timeout: 120_000 })
    if (status !== 0) throw new Error(`python ${args.join(' ')} ended with ${String(status)}: ${stderr}`)
    return stdout
  }

  #group(): string {
    return this.#run('-c', 'import grp, os; print(grp.getgrgid(os.getgid()).gr_name)').trim()
  }
}
