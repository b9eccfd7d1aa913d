/** Deleting and popping messages of a queue. */
import { fail } from '../../../errors.ts'
import { checkMessagesLimit, checkPop, type Limits } from '../../../model/limits.ts'
import { parseClaimId, parseMessageId, parseMessageIds, type ClaimId } from '../../../model/names.ts'
import * as service from '../../../service/messages.ts'
import { answerEmpty, answerJson } from '../answers.ts'
import { showBulk, viewOf } from '../showing.ts'
import type { Context, Parts } from '../state.ts'
import { readWait, waitFor } from '../waiting.ts'

/** Deletes messages by their ids, whether there or not. Claimed ones too, unless their claims must be named. */
export async function deleteMessages(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, query, dialect } = ctx.state
  const given = query.list('ids')
  checkIds(ctx, given.length, limits)
  const ids = parseMessageIds(given)
  if (dialect.attributes === 'in_effect' && limits.message_delete_with_claim_id) {
    await service.deleteHeldMessages(stores, project, queue, ids, readClaimIds(ctx))
  } else if (ids.length > 0) {
    await service.deleteMessages(stores, project, queue, ids)
  }
  answerEmpty(ctx, 204)
}

/** Where messages can be popped as well, it must be clear which of the two is meant. */
function checkIds({ state: { dialect, query } }: Context, count: number, limits: Limits): void {
  if (!dialect.hasPop) {
    if (count === 0) throw fail('ParameterMissing', { name: 'ids' })
    checkMessagesLimit(count, limits)
    return
  }
  if (query.text('pop') !== null) throw fail('IdsAndPopGiven')
  if (count > limits.max_messages_per_page) throw fail('IdsCountOutOfRange', { max: limits.max_messages_per_page })
}

function readClaimIds({ state: { query } }: Context): readonly ClaimId[] {
  const given = query.list('claim_ids')
  if (given.length === 0) throw fail('ClaimIdsMissing')
  return given.map(text => {
    const claim = parseClaimId(text)
    if (claim === null) throw fail('ClaimIdsMismatch', { claim: text })
    return claim
  })
}

/** Removes the oldest free messages and answers them: those of a queue that does not exist are none. */
export async function popMessages(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, query, dialect } = ctx.state
  const { stores, limits } = parts
  const view = viewOf(ctx, parts)
  const count = query.integer('pop')
  if (count === null) throw fail('IdsAndPopMissing')
  checkPop(count, limits)
  const wait = readWait(ctx, parts)
  const reading = await waitFor(ctx, parts, wait, { takes: count, attempt: gone => service.popMessages(stores, project, queue, count, gone) })
  answerJson(ctx, 200, showBulk(dialect, reading === null ? '' : view.popped(reading.messages, reading.now)))
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
