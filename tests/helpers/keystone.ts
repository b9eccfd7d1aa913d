/** A real Keystone for a test, with users, projects and roles in it. It is made once, kept in `.cache/keystone/`, and copied for each test. */
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { KeystoneProcess, type TokenSettings } from './keystone/process.ts'
import { until } from './until.ts'
import { venv, type Venv } from './venv.ts'

const VERSION = '30.0.0'
const CACHE = fileURLToPath(new URL('../../../.cache/keystone/', import.meta.url))
/** A folder that was made for other users, projects or roles has another name. */
const SEED = join(CACHE, `seed-${VERSION}-1`)

/** Who may do what where. The password of each is its name and `pw`. An admin is a manager, a manager a member, a member a reader. */
const GRANTS = [
  { user: 'demo', project: 'demo', roles: ['member'] },
  { user: 'demo_reader', project: 'demo', roles: ['reader'] },
  { user: 'demo_admin', project: 'demo', roles: ['admin'] },
  { user: 'alt_demo', project: 'alt_demo', roles: ['member'] },
  { user: 'marconi', project: 'service', roles: ['service', 'admin'] },
] as const

/** What a token is for; nothing is for no project at all. */
export type Scope = { readonly project: string } | 'system' | 'domain' | 'nothing'

/** An answer of Keystone. */
export interface KeystoneReply {
  readonly status: number
  readonly token: string
  readonly body: unknown
}

const DEFAULT_DOMAIN = { id: 'default' }

/** A Keystone that runs. It ends with the test. */
export class Keystone {
  readonly #process: KeystoneProcess

  constructor(process: KeystoneProcess) {
    this.#process = process
  }

  /** Where its v3 API is. */
  get url(): string {
    return this.#process.url
  }

  /** The folder of the public keys of its signed tokens. */
  get publicKeys(): string {
    return join(this.#process.folder, 'public')
  }

  get privateKey(): string {
    return join(this.#process.folder, 'private', 'private.pem')
  }

  /** How many tokens it has been asked about. */
  async validations(): Promise<number> {
    // It logs a call after it has answered it; the log is complete when it holds a later one.
    const mark = `/v3?mark=${randomUUID()}`
    await fetch(new URL(mark, this.url))
    await until('the access log holds the mark', () => this.#process.accessLog.includes(mark))
    return this.#process.accessLog.match(/"GET \/v3\/auth\/tokens[ ?]/g)?.length ?? 0
  }

  /** Starts it again with tokens of another kind. */
  async restart(settings: TokenSettings): Promise<void> {
    await this.#process.stop()
    this.#process.configure(settings)
    await this.#process.start()
  }

  start(): Promise<void> {
    return this.#process.start()
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  /** Asks it something, below `/v3`. */
  async call(method: string, path: string, { token, subject, body }: { readonly token?: string; readonly subject?: string; readonly body?: unknown } = {}): Promise<KeystoneReply> {
    const answer = await fetch(this.url + path, {
      method, signal: AbortSignal.timeout(30_000),
      headers: {
        'Content-Type': 'application/json', ...token === undefined ? {} : { 'X-Auth-Token': token }, ...subject === undefined ? {} : { 'X-Subject-Token': subject },
      },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    })
    const text = await answer.text()
    return { status: answer.status, token: answer.headers.get('x-subject-token') ?? '', body: text === '' ? null : JSON.parse(text) as unknown }
  }

  /** Asks it something that must work, and gives a member of the answer. */
  async must<Shape>(method: string, path: string, given: Parameters<Keystone['call']>[2], member = ''): Promise<Shape> {
    const { status, body } = await this.call(method, path, given)
    if (status >= 300) throw new Error(`${method} ${path}: ${String(status)} ${JSON.stringify(body)}`)
    return (member === '' ? body : (body as Record<string, unknown>)[member]) as Shape
  }

  /** Logs a user in. */
  async login(user: string, scope: Scope, password = `${user}pw`): Promise<string> {
    const { status, token, body } = await this.call('POST', '/auth/tokens', {
      body: { auth: { identity: { methods: ['password'], password: { user: { name: user, domain: DEFAULT_DOMAIN, password } } }, ...scopeOf(scope) } },
    })
    if (status !== 201) throw new Error(`${user} cannot log in: ${JSON.stringify(body)}`)
    return token
  }

  /** An administrator's token. */
  admin(): Promise<string> {
    return this.login('admin', { project: 'admin' })
  }

  /** Makes a user with roles in a project. */
  async addUser(token: string, { user, project, roles }: { readonly user: string; readonly project: string; readonly roles: readonly string[] }): Promise<string> {
    const { id } = await this.must<{ id: string }>('POST', '/users', { token, body: { user: { name: user, domain_id: 'default', password: `${user}pw` } } }, 'user')
    const projectId = await this.projectId(token, project)
    for (const name of roles) {
      const [role] = await this.must<{ id: string }[]>('GET', `/roles?name=${name}`, { token }, 'roles')
      await this.must('PUT', `/projects/${projectId}/users/${id}/roles/${role?.id ?? ''}`, { token })
    }
    return id
  }

  /** The id of a project, which is made if there is none. */
  async projectId(token: string, name: string): Promise<string> {
    const [known] = await this.must<{ id: string }[]>('GET', `/projects?name=${name}`, { token }, 'projects')
    return (known ?? await this.must<{ id: string }>('POST', '/projects', { token, body: { project: { name, domain_id: 'default' } } }, 'project')).id
  }

  /** Has its catalogue say where the messaging service is. */
  async announce(url: string): Promise<void> {
    const token = await this.admin()
    const [service] = await this.must<{ id: string }[]>('GET', '/services?type=messaging', { token }, 'services')
    const endpoints = await this.must<{ id: string }[]>('GET', `/endpoints?service_id=${service?.id ?? ''}`, { token }, 'endpoints')
    for (const { id } of endpoints) await this.must('PATCH', `/endpoints/${id}`, { token, body: { endpoint: { url } } })
  }

  /** The options of a Marconi that checks tokens with it, as environment variables. */
  options(over: Readonly<Record<string, string>> = {}): Record<string, string> {
    const group = {
      auth_url: this.url, www_authenticate_uri: this.url, username: 'marconi', password: 'marconipw', user_domain_id: 'default', project_name: 'service', project_domain_id: 'default', ...over,
    }
    return {
      MARCONI_DEFAULT__AUTH_STRATEGY: 'keystone',
      ...Object.fromEntries(Object.entries(group).map(([name, value]) => [`MARCONI_KEYSTONE_AUTHTOKEN__${name.toUpperCase()}`, value])),
    }
  }
}

function scopeOf(scope: Scope): object {
  if (scope === 'nothing') return { scope: 'unscoped' }
  if (scope === 'system') return { scope: { system: { all: true } } }
  if (scope === 'domain') return { scope: { domain: DEFAULT_DOMAIN } }
  return { scope: { project: { name: scope.project, domain: DEFAULT_DOMAIN } } }
}

async function seed(python: string): Promise<void> {
  if (existsSync(SEED)) return
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'making-'))
  const process = new KeystoneProcess(python, folder)
  try {
    process.configure({ provider: 'fernet', seconds: 3600 })
    process.prepare()
    await process.start()
    const keystone = new Keystone(process)
    const token = await keystone.admin()
    for (const grant of GRANTS) await keystone.addUser(token, grant)
    const [admin] = await keystone.must<{ id: string }[]>('GET', '/users?name=admin', { token }, 'users')
    const [role] = await keystone.must<{ id: string }[]>('GET', '/roles?name=admin', { token }, 'roles')
    await keystone.must('PUT', `/domains/default/users/${admin?.id ?? ''}/roles/${role?.id ?? ''}`, { token })
    const { id } = await keystone.must<{ id: string }>('POST', '/services', { token, body: { service: { name: 'marconi', type: 'messaging' } } }, 'service')
    for (const face of ['public', 'internal', 'admin']) {
      await keystone.must('POST', '/endpoints', { token, body: { endpoint: { service_id: id, interface: face, region_id: 'RegionOne', url: 'http://127.0.0.1:8888' } } })
    }
    await process.stop()
    for (const name of ['access.log', 'keystone.log', 'keystone.conf']) rmSync(join(folder, name), { force: true })
    // Whoever comes second finds it made.
    if (!existsSync(SEED)) renameSync(folder, SEED)
  } finally {
    await process.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Makes what every Keystone of the tests is made from, unless it is there. It may take minutes, which no test has. */
export async function prepareKeystone(): Promise<Venv> {
  const environment = await venv('keystone', [`keystone==${VERSION}`, 'gunicorn'])
  if (environment.kind === 'ready') await seed(environment.python)
  return environment
}

/** Starts a Keystone for a test, or says what is missing for that. */
export async function startKeystone(t: Test, settings: TokenSettings): Promise<Keystone | { readonly missing: string }> {
  const environment = await prepareKeystone()
  if (environment.kind === 'missing') return { missing: environment.reason }
  const folder = mkdtempSync(join(tmpdir(), 'marconi-keystone-'))
  const process = new KeystoneProcess(environment.python, folder)
  t.teardown(async () => {
    await process.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  cpSync(SEED, folder, { recursive: true })
  process.configure(settings)
  await process.start()
  return new Keystone(process)
}
