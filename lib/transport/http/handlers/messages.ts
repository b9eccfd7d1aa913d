/** Posting and reading messages of a queue. */
import { fail } from '../../../errors.ts'
import { checkMessagesLimit, DEFAULT_PAGE } from '../../../model/limits.ts'
import { parseMarker, parseMessageId, parseMessageIds, START, type Sequence } from '../../../model/names.ts'
import * as service from '../../../service/messages.ts'
import type { QueueRecord } from '../../../storage/contract.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { messageHref, messagesHref, nextLinks, type GivenParameter } from '../links.ts'
import { readPosted } from '../posting.ts'
import { showBulk, viewOf } from '../showing.ts'
import type { Context, Parts } from '../state.ts'
import { readWait, waitFor } from '../waiting.ts'

/** Posts messages: all of them, in order, or none. */
export async function postMessages(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, client, dialect } = ctx.state
  const { stores, quotas } = parts
  if (client === null) throw fail(dialect.wording.clientIdMissing)
  const messages = await readPosted(ctx, parts)
  const post = dialect.lazyQueues ? service.postLazily : service.postMessages
  const ids = await post(stores, project, queue, client, messages, quotas)
  if (ids === null) throw fail('QueueDoesNotExist', { project, queue })

  let list = ''
  for (const id of ids) list += `${list === '' ? '' : ','}"${messageHref(dialect, queue, id)}"`
  ctx.res.setHeader('location', `${messagesHref(dialect, queue)}?ids=${ids.join(',')}`)
  answerJson(ctx, 201, dialect.showPosted(list))
}

/** Lists messages in order. A queue that does not exist and a marker that cannot be one list nothing. */
export async function listMessages(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, client, query, dialect } = ctx.state
  const { stores, limits } = parts
  const view = viewOf(ctx, parts)
  const marker = query.text('marker')
  const limit = query.integer('limit')
  const echo = query.boolean('echo')
  const claimed = query.boolean('include_claimed')
  const delayed = dialect.attributes === 'in_effect' ? query.boolean('include_delayed') : null
  const size = limit ?? DEFAULT_PAGE
  checkMessagesLimit(size, limits)
  const wait = readWait(ctx, parts)

  const wanted = { limit: size, notFrom: echo === true ? null : client, claimed: claimed ?? false, delayed: delayed ?? false }
  const page = await waitFor(ctx, parts, wait, {
    takes: null,
    async attempt() {
      const record = await stores.control.queue(project, queue)
      const after = record === null ? null : await positionOf(record, marker, parts)
      const reading = record === null || after === null ? null : await stores.data.read(record, { ...wanted, after })
      return reading === null || reading.messages.length === 0 ? null : reading
    },
  })
  const last = page?.messages.at(-1)
  if (page === null || last === undefined) {
    answerEmptyPage(ctx)
    return
  }
  const given: GivenParameter[] = [
    ['limit', limit], ['echo', echo], ['include_claimed', claimed], ['include_delayed', delayed], ['fields', view.fields],
  ]
  const links = nextLinks(messagesHref(dialect, queue), given, String(last.sequence), marker === null ? 'last' : dialect.markerPlace)
  setContentLocation(ctx)
  answerJson(ctx, 200, `{"messages":[${view.read(page.messages, page.now)}],"links":${links}}`)
}

/** The position that a marker means, which may be the id of a message that was moved here; null if it can be none. */
async function positionOf(record: QueueRecord, marker: string | null, { stores: { data } }: Parts): Promise<Sequence | null> {
  if (marker === null) return START
  const position = parseMarker(record.epoch, marker)
  const id = position === null ? parseMessageId(marker) : null
  return id === null ? position : data.position(record, id)
}

function answerEmptyPage(ctx: Context): void {
  setContentLocation(ctx)
  if (ctx.state.dialect.emptyPage === 204) answerEmpty(ctx, 204)
  else answerJson(ctx, 200, '{"messages":[],"links":[]}')
}

/** Gets messages by their ids, claimed ones too. What is not there is left out. */
export async function getMessages(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, dialect, query } = ctx.state
  const { stores, limits } = parts
  const view = viewOf(ctx, parts)
  const given = query.list('ids')
  checkMessagesLimit(given.length, limits)
  const ids = parseMessageIds(given)
  const record = await stores.control.queue(project, queue)
  const reading = record === null || ids.length === 0 ? null : await stores.data.get(record, ids)
  setContentLocation(ctx)
  if (reading !== null && reading.messages.length > 0) answerJson(ctx, 200, showBulk(dialect, view.read(reading.messages, reading.now)))
  else if (dialect.noneFound === 204) answerEmpty(ctx, 204)
  else throw fail('MessagesDoNotExist', { project, queue, messages: given.map(id => `'${id}'`).join(', ') })
}

/** Gets one message, claimed or not. */
export async function getMessage(ctx: Context, parts: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  const { control, data } = parts.stores
  const view = viewOf(ctx, parts)
  const text = ctx.params['message'] ?? ''
  const id = parseMessageId(text)
  const record = id === null ? null : await control.queue(project, queue)
  const reading = record === null || id === null ? null : await data.get(record, [id])
  if (reading === null || reading.messages.length === 0) throw fail('MessageDoesNotExist', { project, queue, message: text })
  setContentLocation(ctx)
  answerJson(ctx, 200, view.read(reading.messages, reading.now))
}
