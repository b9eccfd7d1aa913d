/** Queues and their metadata. */
import { fail } from '../../../errors.ts'
import { asDocument } from '../../../model/fields.ts'
import { EMPTY_OBJECT } from '../../../model/json.ts'
import { checkQueuesLimit, DEFAULT_PAGE } from '../../../model/limits.ts'
import { ageOf } from '../../../model/message.ts'
import * as service from '../../../service/queues.ts'
import type { End, QueueRecord } from '../../../storage/contract.ts'
import type { Instant } from '../../../clock.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { readDocument } from '../body.ts'
import { messageHref, nextLinks, queueHref, queuesHref } from '../links.ts'
import type { Context, Parts } from '../state.ts'

/** Creates a queue, or leaves the one that stands as it is. A body is passed over (api-v1.md 5.1). */
export async function createQueue(ctx: Context, { stores, quotas }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const created = await service.createQueue(stores, project, queue, EMPTY_OBJECT, quotas)
  ctx.res.setHeader('location', queueHref(dialect, queue))
  answerEmpty(ctx, created ? 201 : 204)
}

/** Says whether a queue exists, without a body either way. */
export async function getQueue(ctx: Context, { stores }: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  const exists = await service.queueExists(stores, project, queue)
  setContentLocation(ctx)
  answerEmpty(ctx, exists ? 204 : 404)
}

/** Deletes a queue with all it holds; there need not be one. */
export async function deleteQueue(ctx: Context, { stores }: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  await service.deleteQueue(stores, project, queue)
  answerEmpty(ctx, 204)
}

/** Lists the queues of a project by name. */
export async function listQueues(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { project, query, dialect } = ctx.state
  const limit = query.integer('limit')
  const detailed = query.boolean('detailed')
  const size = limit ?? DEFAULT_PAGE
  checkQueuesLimit(size, limits)

  const records = project === null ? [] : await stores.control.listQueues(project, query.text('marker') ?? '', size)
  const last = records.at(-1)
  if (last === undefined) {
    answerEmptyPage(ctx)
    return
  }
  let list = ''
  for (const record of records) list += (list === '' ? '' : ',') + showQueue(queueHref(dialect, record.queue), record, detailed ?? false ? 'detailed' : 'brief')
  const links = nextLinks(queuesHref(dialect), [['limit', limit], ['detailed', detailed]], last.queue)
  setContentLocation(ctx)
  answerJson(ctx, 200, `{"queues":[${list}],"links":${links}}`)
}

function answerEmptyPage(ctx: Context): void {
  if (ctx.state.dialect.emptyPage === 204) answerEmpty(ctx, 204)
  else answerJson(ctx, 200, '{"queues":[],"links":[]}')
}

function showQueue(href: string, { queue, metadata }: QueueRecord, form: 'brief' | 'detailed'): string {
  return form === 'detailed'
    ? `{"name":"${queue}","metadata":${metadata},"href":"${href}"}`
    : `{"name":"${queue}","href":"${href}"}`
}

/** Replaces the metadata of a queue as a whole. */
export async function putMetadata(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const document = asDocument(await readDocument(ctx.req, 'metadata', limits, 1))
  if (dialect.reservedAttributes === 'refused') {
    for (const key of document.members.keys()) if (key.startsWith('_')) throw fail('MetadataKeyReserved')
  }
  if (!await service.setMetadata(stores, project, queue, document.text)) throw fail('QueueDoesNotExist', { project, queue })
  ctx.res.setHeader('location', `${queueHref(dialect, queue)}/metadata`)
  answerEmpty(ctx, 204)
}

/** Shows the metadata of a queue as it came. */
export async function getMetadata(ctx: Context, { stores }: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  const record = await stores.control.queue(project, queue)
  if (record === null) throw fail('QueueDoesNotExist', { project, queue })
  setContentLocation(ctx)
  answerJson(ctx, 200, record.metadata)
}

/** Counts the messages of a queue. Those that are still delayed are free as far as a version without delays goes. */
export async function getStats(ctx: Context, { stores }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const record = await stores.control.queue(project, queue)
  if (record === null) throw fail('QueueDoesNotExist', { project, queue })
  const stats = await stores.data.stats(record)
  const free = stats.free + stats.delayed
  let text = `"claimed":${stats.claimed},"free":${free},"total":${free + stats.claimed}`
  if (stats.oldest !== null) text += `,"oldest":${showEnd(messageHref(dialect, queue, stats.oldest.id), stats.oldest, stats.now)}`
  if (stats.newest !== null) text += `,"newest":${showEnd(messageHref(dialect, queue, stats.newest.id), stats.newest, stats.now)}`
  setContentLocation(ctx)
  answerJson(ctx, 200, `{"messages":{${text}}}`)
}

function showEnd(href: string, { created }: End, now: Instant): string {
  return `{"href":"${href}","age":${ageOf(created, now)},"created":"${new Date(created).toISOString().slice(0, 19)}Z"}`
}
