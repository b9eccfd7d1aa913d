/** Flavors, in the form of an API version. They belong to the project of the caller. */
import { fail } from '../../../errors.ts'
import { checkAdminLimit, DEFAULT_PAGE } from '../../../model/limits.ts'
import type { Project } from '../../../model/names.ts'
import { MAX_NAME_LENGTH, parseFlavorName, type FlavorName } from '../../../model/pool.ts'
import * as service from '../../../service/flavors.ts'
import type { PoolParts } from '../../../service/pools.ts'
import { answerEmpty, answerJson } from '../answers.ts'
import { readFlavor, readFlavorChange } from '../flavor-documents.ts'
import { nextLinks } from '../links.ts'
import type { FlavorForm } from '../pool-forms.ts'
import type { Context, Handler, Parts } from '../state.ts'

/** The most flavors in a page where the limit that is asked for is not checked. */
const MAX_PAGE = 1000

/** Lists flavors by name. */
export function listFlavors(form: FlavorForm): Handler {
  return async function listFlavors(ctx, parts) {
    const { project, query, dialect } = ctx.state
    const marker = query.text('marker')
    const limit = query.integer('limit')
    const detailed = query.boolean('detailed')
    if (form.limit === 'checked') checkAdminLimit(limit ?? DEFAULT_PAGE, parts.limits.max_flavors_per_page)
    const size = Math.min(Math.max(limit ?? DEFAULT_PAGE, 0), MAX_PAGE)
    const flavors = project === null || size === 0 ? [] : await parts.stores.control.listFlavors(project, marker ?? '', size)
    const reports = await service.reportFlavors(partsOf(parts), flavors)
    const list = reports.map(report => show(ctx, form, report, detailed === true ? 'detailed' : 'brief')).join(',')
    const last = flavors.at(-1)
    const links = last === undefined
      ? '[]'
      : nextLinks(`${dialect.prefix}/flavors`, [['limit', limit], ['detailed', detailed]], last.name, marker === null ? 'last' : dialect.markerPlace)
    answerJson(ctx, 200, `{"links":${links},"flavors":[${list}]}`)
  }
}

/** Shows a flavor. */
export function getFlavor(form: FlavorForm): Handler {
  return async function getFlavor(ctx, parts) {
    const detailed = ctx.state.query.boolean('detailed') ?? form.capabilities === 'of_pools'
    const flavor = await service.requireFlavor(parts.stores, projectOf(ctx), nameIn(ctx))
    await answerEntry(ctx, parts, form, flavor, detailed ? 'detailed' : 'brief')
  }
}

/** Makes a flavor, or changes the one of that name as a whole. */
export function putFlavor(form: FlavorForm): Handler {
  return async function putFlavor(ctx, parts) {
    const name = parseFlavorName(ctx.params['flavor'] ?? '')
    if (name === null) throw fail('PoolNameInvalid', { max: MAX_NAME_LENGTH })
    const { choice, capabilities } = await readFlavor(ctx, parts, form, name)
    await service.putFlavor(partsOf(parts), projectOf(ctx), name, choice, capabilities)
    ctx.res.setHeader('location', flavorHref(ctx, name))
    answerEmpty(ctx, 201)
  }
}

/** Changes some members of a flavor. */
export function patchFlavor(form: FlavorForm): Handler {
  return async function patchFlavor(ctx, parts) {
    const name = nameIn(ctx)
    const { choice, capabilities } = await readFlavorChange(ctx, parts, form, name)
    const flavor = await service.changeFlavor(partsOf(parts), projectOf(ctx), name, choice, capabilities)
    if (form.changed === 'nothing') answerEmpty(ctx, 200)
    else await answerEntry(ctx, parts, form, flavor, 'detailed')
  }
}

/** Removes a flavor; there need not be one. */
export function deleteFlavor(form: FlavorForm): Handler {
  return async function deleteFlavor(ctx, parts) {
    const name = parseFlavorName(ctx.params['flavor'] ?? '')
    if (name !== null) await service.removeFlavor(partsOf(parts), projectOf(ctx), name, form.after)
    answerEmpty(ctx, 204)
  }
}

function partsOf({ stores: { control }, pools }: Parts): PoolParts {
  return { control, pools }
}

/** A project id that is too long for any data has no flavors. */
function projectOf(ctx: Context): Project {
  const { project } = ctx.state
  if (project === null) throw fail('QueueIdentificationInvalid')
  return project
}

/** The name in the path. One that no flavor can have is that of a flavor which does not exist. */
function nameIn(ctx: Context): FlavorName {
  const text = ctx.params['flavor'] ?? ''
  const name = parseFlavorName(text)
  if (name === null) throw fail('FlavorDoesNotExist', { flavor: text })
  return name
}

function flavorHref(ctx: Context, name: FlavorName): string {
  return `${ctx.state.dialect.prefix}/flavors/${encodeURIComponent(name)}`
}

async function answerEntry(ctx: Context, parts: Parts, form: FlavorForm, flavor: service.FlavorReport['flavor'], detail: 'brief' | 'detailed'): Promise<void> {
  const [report] = await service.reportFlavors(partsOf(parts), [flavor])
  if (report === undefined) throw new Error('a flavor without a report')
  answerJson(ctx, 200, show(ctx, form, report, detail))
}

function show(ctx: Context, form: FlavorForm, { flavor, pools, capabilities }: service.FlavorReport, detail: 'brief' | 'detailed'): string {
  const shown = form.capabilities === 'given' ? flavor.capabilities : JSON.stringify(capabilities)
  const members = [
    `"href":${JSON.stringify(flavorHref(ctx, flavor.name))}`,
    `"name":${JSON.stringify(flavor.name)}`,
    ...(form.pools === 'group' ? [`"pool":${JSON.stringify(flavor.group)}`, `"project":${JSON.stringify(flavor.project)}`] : []),
    ...(form.pools === 'list' && pools.length > 0 ? [`"pool_list":${JSON.stringify(pools)}`] : []),
    ...(detail === 'detailed' ? [`"capabilities":${shown}`] : []),
  ]
  return `{${members.join(',')}}`
}
