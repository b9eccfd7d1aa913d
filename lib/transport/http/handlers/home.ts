/** Where a client finds its way: the list of API versions, and what is where in one of them. */
import { fail } from '../../../errors.ts'
import { answerJson } from '../answers.ts'
import type { Dialect, DialectId } from '../dialects.ts'
import { takesJson } from '../guards/accept.ts'
import { offered } from '../needs.ts'
import { RELATIONS } from '../relations.ts'
import type { Context, Parts } from '../state.ts'

/** The versions that can be listed, whether or not this server speaks them: clients read these lines letter by letter. */
const VERSIONS = [
  { id: '1', status: 'DEPRECATED', updated: '2014-9-11T17:47:05Z', type: 'application/vnd.openstack.messaging-v1+json' },
  { id: '1.1', status: 'DEPRECATED', updated: '2016-7-29T02:22:47Z', type: 'application/vnd.openstack.messaging-v1_1+json' },
  { id: '2', status: 'CURRENT', updated: '2014-9-24T04:06:47Z', type: 'application/vnd.openstack.messaging-v2+json' },
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
    if (!takesJson(ctx)) throw fail('NotAcceptable')
    answerJson(ctx, 300, list)
  }
}

/** The home document of a version (api-v1.md 4.2). */
function homeDocument(dialect: Dialect, parts: Parts): string {
  const resources: Record<string, unknown> = {}
  for (const { name, template, vars, allow, takes } of offered(RELATIONS[dialect.id], parts)) {
    const address = dialect.prefix + template
    resources[`rel/${name}`] = {
      ...vars === null ? { href: address } : { 'href-template': address, 'href-vars': vars },
      hints: { allow, formats: { 'application/json': {} }, ...takes === 'json' ? { 'accept-post': ['application/json'] } : {} },
    }
  }
  return JSON.stringify({ resources }, null, 4)
}

/** Shows the home document of a version. */
export function getHome(ctx: Context, parts: Parts): void {
  const text = homeDocument(ctx.state.dialect, parts)
  ctx.res.setHeader('content-type', 'application/json-home')
  ctx.res.setHeader('cache-control', 'max-age=86400')
  ctx.status = 200
  ctx.body = text
}
