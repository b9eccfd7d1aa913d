/** Who may do what in front of a real Keystone: the persona policy, the defaults, files that change, and what needs no token. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ACTIONS, type Action } from '../../lib/transport/http/routes.ts'
import { documentFor } from '../helpers/actions.ts'
import { Http, idOf, type MessageShape, type Reply } from '../helpers/http.ts'
import { startKeystone, type Keystone } from '../helpers/keystone.ts'
import { missing } from '../helpers/require.ts'
import { runToEnd, startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const PERSONAS = readFileSync(new URL('../../../etc/policy-personas.yaml', import.meta.url), 'utf8')
const FORBIDDEN = '{"description":"You are not authorized to complete this action.","title":"Not authorized"}'
const UNAUTHORIZED = '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}'
const KEPT = 'the changed policy files cannot be used; the former rules stay in force'
const WORKERS = 2
const MESSAGE = [{ ttl: 300, body: 1 }]
const CLAIM = { ttl: 300, grace: 60 }

/** What everybody may, whatever the role. */
const OPEN = ['', '/health']

type Call = (verb: string, path: string, body?: unknown) => Promise<Reply>

/** Calls with one token; null sends none. */
function caller(t: Test, url: string, token: string | null): Call {
  const http = new Http(url)
  t.teardown(() => { http.close() })
  return (verb, path, body) => http.call(verb, path, body, token === null ? {} : { 'X-Auth-Token': token })
}

/** What a configuration file beside a policy file says. */
function configure(folder: string, policy: string): readonly string[] {
  writeFileSync(join(folder, 'marconi.conf'), '[oslo_policy]\npolicy_file = personas.yaml\n')
  writeFileSync(join(folder, 'personas.yaml'), policy)
  return ['--config-file', join(folder, 'marconi.conf')]
}

/** A queue with a claimed message and a free one. */
interface Filled {
  readonly queue: string
  readonly claimed: string
  readonly free: string
  readonly claim: string
}

async function fill(call: Call, queue: string): Promise<Filled> {
  await call('PUT', `/v1/queues/${queue}`)
  const posted = await call('POST', `/v1/queues/${queue}/messages`, [...MESSAGE, ...MESSAGE])
  const claim = await call('POST', `/v1/queues/${queue}/claims?limit=1`, CLAIM)
  const claimed = idOf(claim.json<MessageShape[]>()[0]?.href ?? '')
  const free = posted.json<{ resources: string[] }>().resources.map(idOf).find(id => id !== claimed) ?? ''
  return { queue, claimed, free, claim: idOf(String(claim.headers.location)) }
}

/** What is there without admin_mode. */
const OFFERED = ACTIONS['1'].filter(({ needs }) => needs === undefined)

/** A request for an action on what is there. */
function requestOf({ verb, path, given, ...action }: Action, { queue, free, claim }: Filled): [string, string, unknown] {
  const filled = path.replace(':queue', queue).replace(':message', free).replace(':claim', claim)
  return [verb, `/v1${filled}${given === 'ids' ? `?ids=${free}` : ''}`, documentFor('1', action)]
}

/** All that can be done with queues, messages and claims. */
async function workWith(t: Test, call: Call, queue: string): Promise<void> {
  const { claimed, free, claim } = await fill(call, queue)
  const at = `/v1/queues/${queue}`
  for (const [verb, path, status, body] of [
    ['GET', '/v1/queues', 200], ['PUT', at, 204], ['GET', at, 204], ['HEAD', at, 204], ['PUT', `${at}/metadata`, 204, { a: 1 }], ['GET', `${at}/metadata`, 200], ['GET', `${at}/stats`, 200],
    ['POST', `${at}/messages`, 201, MESSAGE], ['GET', `${at}/messages?echo=true`, 200], ['GET', `${at}/messages?ids=${free}`, 200], ['GET', `${at}/messages/${free}`, 200],
    ['GET', `${at}/claims/${claim}`, 200], ['PATCH', `${at}/claims/${claim}`, 204, CLAIM], ['DELETE', `${at}/messages/${claimed}?claim_id=${claim}`, 204], ['DELETE', `${at}/claims/${claim}`, 204],
    ['POST', `${at}/claims`, 201, CLAIM], ['DELETE', `${at}/messages?ids=${free}`, 204], ['DELETE', at, 204],
  ] as const) t.equal((await call(verb, path, body)).status, status, `${verb} ${path}`)
}

const keystone = await startKeystone(t, { provider: 'fernet', seconds: 3600 })
if ('missing' in keystone) missing(t, 'keystone', keystone.missing)
else await suite(keystone)

async function suite(keystone: Keystone): Promise<void> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'personas.yaml')
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: WORKERS, args: configure(folder, PERSONAS), env: keystone.options() })
  const login = (user: string): Promise<string> => keystone.login(user, { project: 'demo' })
  const reader = await login('demo_reader')
  const as = { reader: caller(t, server.url, reader), member: caller(t, server.url, await login('demo')), admin: caller(t, server.url, await login('demo_admin')) }
  const there = await fill(as.member, 'there')

  function refused(t: Test, { status, text }: Reply, what: string, verb = 'GET'): void {
    t.same([status, text], [403, verb === 'HEAD' ? '' : FORBIDDEN], what)
  }

  await t.test('a reader may look at everything and change nothing', async t => {
    const before = (await as.member('GET', '/v1/queues/there/stats')).json<{ messages: object }>().messages
    for (const action of OFFERED) {
      const [verb, path, body] = requestOf(action, there)
      const answer = await as.reader(verb, path, body)
      if (verb === 'GET' || verb === 'HEAD') t.ok(answer.status < 300, `${verb} ${path}: ${String(answer.status)}`)
      else refused(t, answer, `${verb} ${path}`)
    }
    refused(t, await as.reader('PUT', '/v1/queues/new'), 'a new queue')
    t.equal((await as.member('GET', '/v1/queues/new')).status, 404, 'it was not made')
    t.match(before, { free: 1, claimed: 1, total: 2 })
    t.match((await as.member('GET', '/v1/queues/there/stats')).json(), { messages: { free: 1, claimed: 1, total: 2 } })
  })

  await t.test('who is neither reader nor member nor admin may do nothing that has a rule', async t => {
    await keystone.addUser(await keystone.admin(), { user: 'outsider', project: 'demo', roles: ['service'] })
    const outsider = caller(t, server.url, await login('outsider'))
    for (const action of OFFERED) {
      const [verb, path, body] = requestOf(action, there)
      const answer = await outsider(verb, path, body)
      if (OPEN.includes(action.path)) t.ok(answer.status < 300, `${verb} ${path}`)
      else refused(t, answer, `${verb} ${path}`, verb)
    }
  })

  for (const who of ['member', 'admin'] as const) {
    await t.test(`a user with the role ${who} may do everything with queues, messages and claims`, t => workWith(t, as[who], `of-${who}`))
  }

  await t.test('without a policy file a reader may post', async t => {
    const plain = await startServer(t, { dataDir: temporaryFolder(t), env: keystone.options() })
    await workWith(t, caller(t, plain.url, reader), 'mine')
  })

  await t.test('only a closed list of requests needs no token', async t => {
    const nobody = caller(t, server.url, null)
    const open = [
      ['GET', '/', 300], ['GET', '/?x=1', 300], ['GET', '/healthcheck', 200], ['HEAD', '/healthcheck', 200], ['OPTIONS', '/', 200], ['OPTIONS', '/v1/queues', 200],
      ['OPTIONS', '/v1/queues/there/messages', 200], ['OPTIONS', '/nowhere', 200],
    ] as const
    for (const [verb, path, status] of open) t.equal((await nobody(verb, path)).status, status, `${verb} ${path}`)
    t.equal((await nobody('GET', '/healthcheck')).text, 'OK')
    t.equal((await nobody('HEAD', '/healthcheck')).text, '')
    for (const [verb, path] of [
      ['HEAD', '/'], ['POST', '/'], ['GET', '/v1'], ['GET', '/v1/'], ['GET', '/v1/health'], ['HEAD', '/v1/health'], ['GET', '/nowhere'], ['GET', '//'], ['GET', '/healthcheck/'],
      ['GET', '//healthcheck'], ['GET', '/HealthCheck'], ['GET', '/%68ealthcheck'], ['GET', '/v1/queues/../../healthcheck'], ['PUT', '/healthcheck'], ['POST', '/healthcheck'], ['DELETE', '/healthcheck'],
    ] as const) {
      const { status, text, headers } = await nobody(verb, path)
      t.same([status, text], [401, verb === 'HEAD' ? '' : UNAUTHORIZED], `${verb} ${path}`)
      t.equal(headers['www-authenticate'], `Keystone uri="${keystone.url}"`, `${verb} ${path}`)
    }
    t.equal((await as.reader('HEAD', '/')).status, 405, 'HEAD / with a token')
    t.equal((await as.reader('GET', '/v1/health')).status, 204, 'health with a token')
  })

  await t.test('a policy file that changes is followed by every worker, and a bad one by none', async t => {
    const told = (msg: string): ReadonlySet<unknown> => new Set(server.log.filter(line => line['msg'] === msg).map(({ pid }) => pid))
    const count = (msg: string): number => server.log.filter(line => line['msg'] === msg).length
    const post = ['POST', '/v1/queues/there/messages', MESSAGE] as const

    /** Several connections, so that no worker is left out. */
    const posters = Array.from({ length: 12 }, () => caller(t, server.url, reader))
    async function everywhere(t: Test, status: number, what: string): Promise<void> {
      const answers = await Promise.all(posters.map(call => call(...post)))
      t.same(answers.map(answer => answer.status), answers.map(() => status), what)
    }

    /** Waits until all workers have said so once more. */
    async function wait(t: Test, msg: string, times: number): Promise<void> {
      const began = performance.now()
      await until(`${String(WORKERS)} workers say: ${msg}`, () => count(msg) >= times * WORKERS)
      t.comment(`${msg}: after ${((performance.now() - began) / 1000).toFixed(2)} s`)
      t.same([told(msg).size, count(msg)], [WORKERS, times * WORKERS], 'each of them says it once')
    }

    const opened = PERSONAS.replace('"messages:create": "rule:persona_member"', '"messages:create": "rule:persona_reader"')
    const changed = 'changed policy rules read'
    await everywhere(t, 403, 'as it was')
    writeFileSync(file, opened)
    await wait(t, changed, 1)
    await everywhere(t, 201, 'opened')

    writeFileSync(file, PERSONAS.replace('"messages:create": "rule:persona_member"', '"messages:create": "rule:persona_reader and"'))
    await wait(t, KEPT, 1)
    await everywhere(t, 201, 'with a bad file')
    // The files are looked at every second: a complaint that is repeated would be there by then.
    const end = performance.now() + 2_500
    await until('time has passed', async () => (await posters[0]?.(...post))?.status === 201 && performance.now() > end)
    await everywhere(t, 201, 'with a bad file, later')
    await wait(t, KEPT, 1)

    writeFileSync(`${file}.new`, PERSONAS)
    renameSync(`${file}.new`, file)
    await wait(t, changed, 2)
    await everywhere(t, 403, 'closed again, by a file that took its place')

    rmSync(file)
    await wait(t, KEPT, 2)
    await everywhere(t, 403, 'with the file gone')
    await until('both workers have been asked', () => told('request').size === WORKERS)
    await refusesToStart(t, server)
  })

  async function refusesToStart(t: Test, { options }: RunningServer): Promise<void> {
    const args = [...configure(temporaryFolder(t), PERSONAS.replace('"role:member or rule:persona_admin"', '"role:member or (rule:persona_admin"')), '--data-dir', options.dataDir, '--port', '0']
    const { code, stdout, stderr } = await runToEnd(t, args, keystone.options())
    t.comment(stderr.trimEnd())
    t.equal(code, 1, 'a bad file at the start')
    t.equal(stdout, '')
    t.match(stderr, /^marconi-server: \/\S+\/personas\.yaml:\d+:\d+: persona_member: at character \d+ of the rule: expected .+\n$/)
  }
}
