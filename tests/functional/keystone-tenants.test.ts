/**
 * No way leads from one project to another: on every route, what is another project's answers exactly as what never existed, and
 * is as it was afterwards (decisions 17 and 32).
 */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { PATCH_TYPE } from '../../lib/model/json-patch.ts'
import { DIALECTS, type Dialect } from '../../lib/transport/http/dialects.ts'
import { ACTIONS, type Action } from '../../lib/transport/http/routes.ts'
import { documentFor } from '../helpers/actions.ts'
import { Http, idOf, type MessageShape, type PageShape, type Reply } from '../helpers/http.ts'
import { startKeystone, type Keystone } from '../helpers/keystone.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'

/** Names of one length, so that answers about them have the same. */
const ONLY_THEIRS = 'only-theirs'
const NEVER_MADE = 'never-made-'
const SHARED = 'both-have-1'

/** What a path is filled with. */
interface Names {
  readonly queue: string
  readonly message: string
  readonly claim: string
}

interface Shown {
  readonly status: number
  readonly headers: unknown
  readonly text: string
}

async function suite(keystone: Keystone): Promise<void> {
  const server = await startServer(t, { dataDir: temporaryFolder(t), env: { ...keystone.options(), MARCONI_SIGNED_URL__SECRET_KEY: 'a secret of the test' } })
  const admin = await keystone.admin()
  const [theirs, ours] = [await keystone.projectId(admin, 'demo'), await keystone.projectId(admin, 'alt_demo')]
  const tokens = { theirs: await keystone.login('demo', { project: 'demo' }), ours: await keystone.login('alt_demo', { project: 'alt_demo' }) }
  const http = new Http(server.url)
  t.teardown(() => { http.close() })

  const as = (who: keyof typeof tokens, project: string) => (verb: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> =>
    http.call(verb, path, body, { 'X-Auth-Token': tokens[who], 'X-Project-ID': project, ...headers })
  const they = as('theirs', theirs)

  /** A queue of theirs with a claimed message and a free one. */
  async function fill(queue: string): Promise<Names & { readonly free: string }> {
    await they('PUT', `/v1/queues/${queue}`)
    await they('PUT', `/v1/queues/${queue}/metadata`, { secret: 'theirs' })
    await they('POST', `/v1/queues/${queue}/messages`, [{ ttl: 3600, body: 'claimed secret' }, { ttl: 3600, body: 'free secret' }])
    const claim = await they('POST', `/v1/queues/${queue}/claims?limit=1`, { ttl: 3600, grace: 60 })
    const page = (await they('GET', `/v1/queues/${queue}/messages?echo=true`)).json<PageShape>()
    return { queue, message: idOf(claim.json<MessageShape[]>()[0]?.href ?? ''), claim: idOf(String(claim.headers.location)), free: idOf(page.messages[0]?.href ?? '') }
  }

  async function all(queue: string): Promise<string> {
    const paths = ['', '/metadata', '/stats', '/messages?echo=true&include_claimed=true'].map(rest => `/v1/queues/${queue}${rest}`)
    const answers: Reply[] = []
    for (const path of paths) answers.push(await they('GET', path))
    return answers.map(({ status, text }) => `${String(status)} ${text.replace(/"age":\d+/g, '"age":0')}`).join('\n')
  }

  const own = await fill(ONLY_THEIRS)
  const shared = await fill(SHARED)
  await as('ours', ours)('PUT', `/v1/queues/${SHARED}`)
  const before = [await all(ONLY_THEIRS), await all(SHARED)]
  const never = (): string => randomBytes(12).toString('hex')

  /** Ids as another incarnation of the queue would have given them. */
  function unheardOf(names: Names): Names {
    return { queue: names.queue === SHARED ? SHARED : NEVER_MADE, message: `${names.message.slice(0, 8)}00000000${never().slice(0, 8)}`, claim: never() }
  }

  for (const [title, project] of [['a project id of its own', ours], ['the other project\'s id', theirs], ['no project id', '']] as const) {
    const we = as('ours', project)

    await t.test(`a queue of another project answers as one that never existed, on every route, with ${title} in the header`, async t => {
      for (const { dialect, action } of routesOn(({ path }) => path.includes(':queue'))) {
        for (const query of queriesOf(action)) {
          const [real, unreal] = [await we(...requestOf(dialect, action, query, own)), await we(...requestOf(dialect, action, query, unheardOf(own)))]
          t.same(shown(real), shown(unreal), `${action.verb} ${dialect.prefix}${action.path}${query}`)
          t.not(real.status, 405)
        }
        // a PUT or a post has made a queue of ours
        await we('DELETE', `/v1/queues/${ONLY_THEIRS}`)
        await we('DELETE', `/v1/queues/${NEVER_MADE}`)
      }
    })

    await t.test(`ids of another project answer as ids that never existed, in a queue of the same name, with ${title} in the header`, async t => {
      const named = routesOn(({ path, given }) => path.includes('/:message') || path.includes('/:claim') || given === 'ids')
      for (const names of [shared, { ...shared, message: shared.free }]) {
        for (const { dialect, action } of named) {
          for (const query of queriesOf(action)) {
            const [real, unreal] = [await we(...requestOf(dialect, action, query, names)), await we(...requestOf(dialect, action, query, unheardOf(names)))]
            t.same(shown(real), shown(unreal), `${action.verb} ${dialect.prefix}${action.path}${query}`)
          }
        }
      }
      t.equal((await we('DELETE', `/v2/queues/${SHARED}/messages?pop=20`)).text, '{"messages":[]}', 'nothing to pop')
      t.equal((await we('POST', `/v2/queues/${SHARED}/purge`)).status, 204)
      t.equal((await we('GET', `/v1/queues/${SHARED}/messages?echo=true&include_claimed=true`)).status, 204, 'no message of theirs')
      t.equal((await we('POST', `/v1/queues/${SHARED}/claims`, { ttl: 60, grace: 60 })).status, 204, 'nothing to claim')
    })
  }

  await t.test('lists show what is one\'s own', async t => {
    const { queues } = (await as('ours', theirs)('GET', '/v1/queues?detailed=true')).json<{ queues: { name: string; metadata: unknown }[] }>()
    t.same(queues.map(({ name, metadata }) => [name, metadata]), [[SHARED, {}]])
    t.equal((await as('ours', theirs)('GET', `/v1/queues?marker=${NEVER_MADE}`)).text.includes(ONLY_THEIRS), false)
  })

  await t.test('nothing of the other project has changed', async t => {
    t.same([await all(ONLY_THEIRS), await all(SHARED)], before)
    t.equal((await they('GET', `/v1/queues/${SHARED}/claims/${shared.claim}`)).status, 200, 'the claim is held')
    for (const { text } of [await they('GET', `/v1/queues/${SHARED}/stats`)]) t.match(JSON.parse(text), { messages: { claimed: 1, free: 1, total: 2 } })
  })

  await t.test('no line of the log about a request of one project names the other', async t => {
    const lines = server.log.filter(({ msg, project }) => msg === 'request' && project === ours)
    t.ok(lines.length > 20)
    t.notOk(lines.some(line => JSON.stringify(line).includes(theirs)))
  })
}

/** An action in a version. */
interface Route {
  readonly dialect: Dialect
  readonly action: Action
}

/** The actions of all versions that are so. */
function routesOn(isWanted: (action: Action) => boolean): readonly Route[] {
  return DIALECTS.flatMap(dialect => ACTIONS[dialect.id].filter(isWanted).map(action => ({ dialect, action })))
}

function queriesOf({ verb, path, given }: Action): readonly string[] {
  if (given === 'ids') return ['?ids=:message', '?ids=:message,zz']
  if (path.endsWith('/:message')) return verb === 'GET' || verb === 'DELETE' ? ['', '?claim_id=:claim'] : ['']
  if (path.endsWith('/messages') && verb === 'DELETE') return ['?pop=1', '']
  return path.endsWith('/messages') && verb === 'GET' ? ['', '?marker=:message', '?echo=true&include_claimed=true'] : ['']
}

function requestOf({ id, prefix }: Dialect, action: Action, query: string, { queue, message, claim }: Names): [string, string, unknown?, Readonly<Record<string, string>>?] {
  const filled = `${prefix}${action.path}${query}`.replace(':queue', queue).replace(':message', message).replace(':claim', claim)
  const document = documentFor(id, action)
  if (document === undefined) return [action.verb, filled]
  return [action.verb, filled, document, action.body === 'metadata_patch' ? { 'Content-Type': PATCH_TYPE } : {}]
}

/** An answer without what names the things it is about. */
function shown({ status, headers, text }: Reply): Shown {
  const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'date' && name !== 'x-openstack-request-id'))
  const plain = (given: string) => given.replaceAll(ONLY_THEIRS, '<queue>').replaceAll(NEVER_MADE, '<queue>').replace(/[0-9a-f]{64}/g, '<signature>').replace(/[0-9a-f]{24}/g, '<id>')
    .replace(/"age":\d+/g, '"age":0').replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, '<time>')
  return { status, headers: JSON.parse(plain(JSON.stringify(rest))) as unknown, text: plain(text) }
}

const keystone = await startKeystone(t, { provider: 'fernet', seconds: 3600 })
if ('missing' in keystone) missing(t, 'keystone', keystone.missing)
else await suite(keystone)
