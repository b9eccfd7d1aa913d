/** Pools, for administrators, in the form of an API version. */
import { fail, MarconiError } from '../../../errors.ts'
import { checkAdminLimit, DEFAULT_PAGE } from '../../../model/limits.ts'
import { MAX_NAME_LENGTH, parsePoolName, type Pool, type PoolName } from '../../../model/pool.ts'
import * as service from '../../../service/pools.ts'
import { answerEmpty, answerJson, nameContentLocation, setContentLocation } from '../answers.ts'
import { nextLinks, type GivenParameter } from '../links.ts'
import { readPool, readPoolChange } from '../pool-documents.ts'
import type { PoolForm } from '../pool-forms.ts'
import type { Context, Handler, Parts } from '../state.ts'

/** The most pools in a page where the limit that is asked for is not checked (api-v1.md 3). */
const MAX_PAGE = 1000

/** Lists pools by name. */
export function listPools(form: PoolForm): Handler {
  return async function listPools(ctx, { stores, limits }) {
    const { query } = ctx.state
    const marker = query.text('marker')
    const limit = query.integer('limit')
    const detailed = query.boolean('detailed')
    if (form.limit === 'checked') checkAdminLimit(limit ?? DEFAULT_PAGE, limits.max_pools_per_page)
    const size = Math.min(Math.max(limit ?? DEFAULT_PAGE, 0), MAX_PAGE)
    const pools = size === 0 ? [] : await stores.control.listPools(marker ?? '', size)
    if (pools.length === 0 && form.emptyPage === 'no-body') {
      answerEmpty(ctx, 204)
      return
    }
    const list = pools.map(pool => show(ctx, form, pool, detailed ?? false ? 'detailed' : 'brief')).join(',')
    const links = linksOf(ctx, form, pools, [['limit', limit], ['detailed', detailed]], marker)
    nameContentLocation(ctx)
    answerJson(ctx, 200, form.links === 'hidden' ? `{"${form.collection}":[${list}]}` : `{"links":${links},"${form.collection}":[${list}]}`)
  }
}

function linksOf(ctx: Context, form: PoolForm, pools: readonly Pool[], given: readonly GivenParameter[], marker: string | null): string {
  const last = pools.at(-1)
  if (last === undefined && form.emptyPage !== 'link') return '[]'
  const next = last?.name ?? marker
  return nextLinks(collectionHref(ctx, form), given, next, marker === null ? 'last' : ctx.state.dialect.markerPlace)
}

/** Shows a pool. */
export function getPool(form: PoolForm): Handler {
  return async function getPool(ctx, { stores }) {
    const detailed = ctx.state.query.boolean('detailed') ?? false
    const pool = await service.requirePool(stores, nameIn(ctx))
    setContentLocation(ctx)
    answerJson(ctx, 200, show(ctx, form, pool, detailed ? 'detailed' : 'brief'))
  }
}

/** Registers a pool, or changes the one of that name as a whole. */
export function putPool(form: PoolForm): Handler {
  return async function putPool(ctx, parts) {
    const name = parsePoolName(ctx.params['pool'] ?? '')
    if (name === null) throw fail('PoolNameInvalid', { max: MAX_NAME_LENGTH })
    const setting = await readPool(ctx, parts.limits, form)
    await refusing(form, () => service.putPool(partsOf(parts), name, setting))
    ctx.res.setHeader('location', poolHref(ctx, form, name))
    answerEmpty(ctx, 201)
  }
}

/** Changes some members of a pool. */
export function patchPool(form: PoolForm): Handler {
  return async function patchPool(ctx, parts) {
    const change = await readPoolChange(ctx, parts.limits, form)
    const pool = await refusing(form, () => service.changePool(partsOf(parts), nameIn(ctx), change))
    if (form.changed === 'nothing') answerEmpty(ctx, 200)
    else answerJson(ctx, 200, show(ctx, form, pool, 'brief'))
  }
}

/** Removes a pool; there need not be one. */
export function deletePool(form: PoolForm): Handler {
  return async function deletePool(ctx, { stores }) {
    const name = parsePoolName(ctx.params['pool'] ?? '')
    if (name !== null) await service.removePool(stores, name, form.lastOfFlavor)
    answerEmpty(ctx, 204)
  }
}

function partsOf({ stores: { control }, pools }: Parts): service.PoolParts {
  return { control, pools }
}

async function refusing<Result>({ uriTaken }: PoolForm, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof MarconiError && error.name === 'PoolUriTaken' ? fail(uriTaken) : error
  }
}

/** The name in the path. One that no pool can have is that of a pool which does not exist. */
function nameIn(ctx: Context): PoolName {
  const text = ctx.params['pool'] ?? ''
  const name = parsePoolName(text)
  if (name === null) throw fail('PoolDoesNotExist', { pool: text })
  return name
}

function collectionHref(ctx: Context, { collection }: PoolForm): string {
  return `${ctx.state.dialect.prefix}/${collection}`
}

function poolHref(ctx: Context, form: PoolForm, name: PoolName): string {
  return `${collectionHref(ctx, form)}/${encodeURIComponent(name)}`
}

function show(ctx: Context, form: PoolForm, { name, weight, uri, group, options }: Pool, detail: 'brief' | 'detailed'): string {
  const members = [
    `"href":${JSON.stringify(poolHref(ctx, form, name))}`,
    ...(form.name === 'shown' ? [`"name":${JSON.stringify(name)}`] : []),
    `"weight":${weight}`,
    `"uri":${JSON.stringify(uri)}`,
    ...(form.group === null ? [] : [`"${form.group}":${JSON.stringify(group)}`]),
    ...(detail === 'detailed' ? [`"options":${options}`] : []),
  ]
  return `{${members.join(',')}}`
}
