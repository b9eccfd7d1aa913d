/** Where a client finds its way: the list of API versions, and what is where in one of them. */
import { answerJson } from '../answers.ts'
import type { Dialect, DialectId } from '../dialects.ts'
import { accept } from '../guards/accept.ts'
import type { Context } from '../state.ts'

/** The versions that can be listed, whether or not this server speaks them: clients read these lines letter by letter. */
const VERSIONS = [
  { id: '1', status: 'DEPRECATED', updated: '2014-9-11T17:47:05Z', type: 'application/vnd.openstack.messaging-v1+json' },
] as const satisfies readonly { readonly id: DialectId; readonly status: string; readonly updated: string; readonly type: string }[]

/** Answers with the list of the API versions that are spoken. There is more than one choice in principle, hence the status. */
export function versions(dialects: readonly Dialect[]): (ctx: Pick<Context, 'req' | 'accepts' | 'res' | 'status' | 'body' | 'length'>) => void {
  const enabled = new Set(dialects.map(({ id }) => id))
  const list = JSON.stringify({
    versions: VERSIONS.filter(version => enabled.has(version.id)).map(({ id, status, updated, type }) => ({
      id,
      status,
      updated,
      'media-types': [{ base: 'application/json', type }],
      links: [{ href: `/v${id}/`, rel: 'self' }],
    })),
  })
  return ctx => {
    accept(ctx)
    answerJson(ctx, 300, list)
  }
}

/** A resource of the home document: its address template, what its variables mean, what can be done to it. */
interface Relation {
  readonly name: string
  readonly template: string
  readonly vars: Readonly<Record<string, string>>
  readonly allow: readonly string[]
}

const QUEUE = { queue_name: 'param/queue_name' } as const

const V1_RELATIONS: readonly Relation[] = [
  {
    name: 'queues', template: '/queues{?marker,limit,detailed}', allow: ['GET'],
    vars: { marker: 'param/marker', limit: 'param/queue_limit', detailed: 'param/detailed' },
  },
  { name: 'queue', template: '/queues/{queue_name}', vars: QUEUE, allow: ['GET', 'HEAD', 'PUT', 'DELETE'] },
  { name: 'queue-metadata', template: '/queues/{queue_name}/metadata', vars: QUEUE, allow: ['GET', 'PUT'] },
  { name: 'queue-stats', template: '/queues/{queue_name}/stats', vars: QUEUE, allow: ['GET'] },
  {
    name: 'messages', template: '/queues/{queue_name}/messages{?marker,limit,echo,include_claimed}', allow: ['GET'],
    vars: { ...QUEUE, marker: 'param/marker', limit: 'param/messages_limit', echo: 'param/echo', include_claimed: 'param/include_claimed' },
  },
  { name: 'post-messages', template: '/queues/{queue_name}/messages', vars: QUEUE, allow: ['POST'] },
  { name: 'claim', template: '/queues/{queue_name}/claims{?limit}', vars: { ...QUEUE, limit: 'param/claim_limit' }, allow: ['POST'] },
]

const RELATIONS: Readonly<Record<DialectId, readonly Relation[]>> = { '1': V1_RELATIONS }

/** The home document of a version (api-v1.md 4.2). */
function homeDocument(dialect: Dialect): string {
  const resources: Record<string, unknown> = {}
  for (const { name, template, vars, allow } of RELATIONS[dialect.id]) {
    resources[`rel/${name}`] = {
      'href-template': dialect.prefix + template,
      'href-vars': vars,
      hints: { allow, formats: { 'application/json': {} }, ...(allow.includes('POST') ? { 'accept-post': ['application/json'] } : {}) },
    }
  }
  return JSON.stringify({ resources }, null, 4)
}

/** Shows the home document of a version. */
export function getHome(ctx: Context): void {
  const text = homeDocument(ctx.state.dialect)
  ctx.res.setHeader('content-type', 'application/json-home')
  ctx.res.setHeader('cache-control', 'max-age=86400')
  ctx.status = 200
  ctx.body = text
}
