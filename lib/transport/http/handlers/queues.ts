/** Queues. */
import { fail } from '../../../errors.ts'
import { asDocument, type ObjectNode } from '../../../model/fields.ts'
import { EMPTY_OBJECT, type JsonText } from '../../../model/json.ts'
import { ageOf } from '../../../model/message.ts'
import { metadataProblem } from '../../../service/metadata.ts'
import { purgeQueue as purge } from '../../../service/purge.ts'
import * as service from '../../../service/queues.ts'
import type { End, Stats } from '../../../storage/contract.ts'
import type { Instant } from '../../../clock.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { boundOf, readOptionalDocument } from '../body.ts'
import { messageHref, queueHref } from '../links.ts'
import type { Context, Parts } from '../state.ts'

/** Creates a queue, or leaves the one that stands as it is. */
export async function createQueue(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const metadata = dialect.newQueueBody === 'ignored' ? EMPTY_OBJECT : await readNewMetadata(ctx, parts)
  const created = await service.createQueue(parts.stores, project, queue, metadata, parts.quotas)
  ctx.res.setHeader('location', queueHref(dialect, queue))
  if (created && dialect.createdType === 'json') answerJson(ctx, 201, '')
  else answerEmpty(ctx, created ? 201 : 204)
}

async function readNewMetadata(ctx: Context, { stores: { control }, limits, canEncrypt, pooling }: Parts): Promise<JsonText> {
  const { project, queue } = ctx.state.place
  const document = await readOptionalDocument(ctx, boundOf('metadata', limits), 1)
  if (document === null) return EMPTY_OBJECT
  const { text } = asDocument(document)
  const reason = await metadataProblem({ control, limits, canEncrypt, pooling }, project, queue, text)
  if (reason !== null) throw fail('AttributeInvalid', { reason })
  return text
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

const NO_MESSAGES: Stats = { now: 0, free: 0, claimed: 0, delayed: 0, oldest: null, newest: null }

/** Counts the messages of a queue. Those that are still delayed are free as far as clients can tell. */
export async function getStats(ctx: Context, { stores }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const record = await stores.control.queue(project, queue)
  if (record === null && !dialect.lazyQueues) throw fail('QueueDoesNotExist', { project, queue })
  const stats = record === null ? NO_MESSAGES : await stores.data.stats(record)
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

/** What a queue can be purged of. */
const RESOURCE_TYPES: readonly string[] = ['messages', 'subscriptions']

/** Removes what is in a queue, but for messages under a claim; there need not be a queue. */
export async function purgeQueue(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  const document = await readOptionalDocument(ctx, boundOf('purge', limits), 2)
  const types = document === null ? RESOURCE_TYPES : readResourceTypes(asDocument(document))
  if (types.includes('messages')) await purge(stores, project, queue)
  answerEmpty(ctx, 204)
}

function readResourceTypes({ members }: ObjectNode): readonly string[] {
  const types = members.get('resource_types')
  if (types === undefined) throw fail('ResourceTypesMissing')
  const names = types.kind === 'array' ? types.elements.map(({ text }) => RESOURCE_TYPES.find(type => text === `"${type}"`)) : [undefined]
  return names.map(name => {
    if (name === undefined) throw fail('ResourceTypesUnknown', { known: RESOURCE_TYPES.join(', ') })
    return name
  })
}
