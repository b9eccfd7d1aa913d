/** Messages of a queue. */
import { fail } from '../../../errors.ts'
import { asObject, readAny, readInteger, type ObjectNode } from '../../../model/fields.ts'
import type { JsonNode } from '../../../model/json.ts'
import { checkMessagesLimit, checkMessageTtl, DEFAULT_PAGE, type Limits } from '../../../model/limits.ts'
import type { NewMessage } from '../../../model/message.ts'
import { parseClaimId, parseMarker, parseMessageId, START, type MessageId } from '../../../model/names.ts'
import * as service from '../../../service/messages.ts'
import type { Reading } from '../../../storage/contract.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { readDocument } from '../body.ts'
import type { Dialect } from '../dialects.ts'
import { messageHref, messagesHref, nextLinks } from '../links.ts'
import type { Context, Parts } from '../state.ts'

/** Posts messages: all of them, in order, or none. */
export async function postMessages(ctx: Context, { stores, limits, quotas }: Parts): Promise<void> {
  const { place: { project, queue }, client, dialect } = ctx.state
  if (client === null) throw fail('ClientIdMissing')
  const document = await readDocument(ctx.req, 'messages', limits, dialect.postLevels)
  const messages = readMessages(dialect.readMessages(document), dialect, limits)
  const ids = await service.postMessages(stores, project, queue, client, messages, quotas)
  if (ids === null) throw fail('QueueDoesNotExist', { project, queue })

  let list = ''
  for (const id of ids) list += `${list === '' ? '' : ','}"${messageHref(dialect, queue, id)}"`
  ctx.res.setHeader('location', `${messagesHref(dialect, queue)}?ids=${ids.join(',')}`)
  answerJson(ctx, 201, dialect.showPosted(list))
}

/** Checks the form of every message before the range of any (api-v1.md 7.1). */
function readMessages(nodes: readonly JsonNode[], { defaults }: Dialect, limits: Limits): readonly NewMessage[] {
  const messages = nodes.map(node => readMessage(asObject(node), defaults.messageTtl))
  if (messages.length === 0) throw fail('MessagesMissing')
  for (const { ttl } of messages) checkMessageTtl(ttl, limits)
  return messages
}

function readMessage(node: ObjectNode, defaultTtl: number | null): NewMessage {
  const ttl = readInteger(node, 'ttl', defaultTtl)
  return { body: readAny(node, 'body').text, ttl, delay: 0 }
}

/** Lists messages in order. A queue that does not exist and a marker that cannot be one list nothing. */
export async function listMessages(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, client, query, dialect } = ctx.state
  const marker = query.text('marker')
  const limit = query.integer('limit')
  const echo = query.boolean('echo')
  const claimed = query.boolean('include_claimed')
  const size = limit ?? DEFAULT_PAGE
  checkMessagesLimit(size, limits)

  const record = await stores.control.queue(project, queue)
  const after = record === null ? null : marker === null ? START : parseMarker(record.epoch, marker)
  if (record === null || after === null) {
    answerEmptyPage(ctx)
    return
  }
  const notFrom = echo === true ? null : client
  const reading = await stores.data.read(record, { after, limit: size, notFrom, claimed: claimed ?? false, delayed: false })
  const last = reading.messages.at(-1)
  if (last === undefined) {
    answerEmptyPage(ctx)
    return
  }
  setContentLocation(ctx)
  const links = nextLinks(messagesHref(dialect, queue), [['limit', limit], ['echo', echo], ['include_claimed', claimed]], String(last.sequence))
  answerJson(ctx, 200, `{"messages":[${showReading(ctx, reading)}],"links":${links}}`)
}

function answerEmptyPage(ctx: Context): void {
  setContentLocation(ctx)
  if (ctx.state.dialect.emptyPage === 204) answerEmpty(ctx, 204)
  else answerJson(ctx, 200, '{"messages":[],"links":[]}')
}

/** The messages of a reading under their plain references, with commas between. */
function showReading({ state: { dialect, place: { queue } } }: Context, { messages, now }: Reading): string {
  let list = ''
  for (const message of messages) {
    if (list !== '') list += ','
    list += dialect.showMessage(messageHref(dialect, queue, message.id), message, now)
  }
  return list
}

/** Gets messages by their ids, claimed ones too. What is not there is left out. */
export async function getMessages(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const ids = readIds(ctx, limits)
  const record = await stores.control.queue(project, queue)
  const reading = record === null || ids.length === 0 ? null : await stores.data.get(record, ids)
  setContentLocation(ctx)
  if (reading === null || reading.messages.length === 0) answerEmpty(ctx, 204)
  else answerJson(ctx, 200, dialect.showMessages(showReading(ctx, reading)))
}

/** Deletes messages by their ids, whether claimed or not, whether there or not. */
export async function deleteMessages(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  const ids = readIds(ctx, limits)
  if (ids.length > 0) await service.deleteMessages(stores, project, queue, ids)
  answerEmpty(ctx, 204)
}

/** The ids of a bulk request that can be ids at all, each once. All that came count against the limit. */
function readIds(ctx: Context, limits: Limits): readonly MessageId[] {
  const given = ctx.state.query.list('ids')
  if (given.length === 0) throw fail('ParameterMissing', { name: 'ids' })
  checkMessagesLimit(given.length, limits)
  const ids = new Set<MessageId>()
  for (const text of given) {
    const id = parseMessageId(text)
    if (id !== null) ids.add(id)
  }
  return [...ids]
}

/** Gets one message, claimed or not. */
export async function getMessage(ctx: Context, { stores }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const text = ctx.params['message'] ?? ''
  const id = parseMessageId(text)
  const record = id === null ? null : await stores.control.queue(project, queue)
  const reading = record === null || id === null ? null : await stores.data.get(record, [id])
  const message = reading?.messages[0]
  if (reading === null || message === undefined) throw fail('MessageDoesNotExist', { project, queue, message: text })
  setContentLocation(ctx)
  answerJson(ctx, 200, dialect.showMessage(messageHref(dialect, queue, message.id), message, reading.now))
}

/** Deletes one message, by table 8.2 of api-v1.md. */
export async function deleteMessage(ctx: Context, { stores }: Parts): Promise<void> {
  const { place: { project, queue }, query } = ctx.state
  const id = parseMessageId(ctx.params['message'] ?? '')
  if (id !== null) {
    const text = query.text('claim_id')
    const claim = text === null ? null : parseClaimId(text)
    if (text !== null && claim === null) throw fail('ClaimLapsed')
    await service.deleteMessage(stores, project, queue, id, claim)
  }
  answerEmpty(ctx, 204)
}
