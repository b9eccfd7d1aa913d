/** Claims on messages of a queue. */
import type { Instant } from '../../../clock.ts'
import { fail } from '../../../errors.ts'
import { asDocument, readInteger } from '../../../model/fields.ts'
import { checkClaimGrace, checkClaimLimit, checkClaimTtl, DEFAULT_PAGE } from '../../../model/limits.ts'
import { ageOf, type Message } from '../../../model/message.ts'
import { parseClaimId, type ClaimId } from '../../../model/names.ts'
import * as service from '../../../service/claims.ts'
import { commitOn } from '../../../service/queues.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { readDocument } from '../body.ts'
import { claimHref, messageHref } from '../links.ts'
import type { Context, Parts } from '../state.ts'

/** Claims the oldest free messages. Nothing free and no such queue are the same to a worker. */
export async function createClaim(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, query, dialect } = ctx.state
  const limit = query.integer('limit') ?? DEFAULT_PAGE
  const document = asDocument(await readDocument(ctx.req, 'claim', limits, 1))
  const ttl = readInteger(document, 'ttl', dialect.defaults.claimTtl)
  const grace = readInteger(document, 'grace', dialect.defaults.claimGrace)
  checkClaimTtl(ttl, limits)
  checkClaimLimit(limit, limits)
  checkClaimGrace(grace, limits)

  const claim = await service.createClaim(stores, project, queue, { limit, ttl, grace })
  if (claim === null) {
    answerEmpty(ctx, 204)
    return
  }
  ctx.res.setHeader('location', claimHref(dialect, queue, claim.id))
  answerJson(ctx, 201, dialect.showMessages(showClaimed(ctx, claim.id, claim.messages, claim.now)))
}

/** Messages under the references that carry their claim, with nothing behind its id: clients cut there. */
function showClaimed({ state: { dialect, place: { queue } } }: Context, claim: ClaimId, messages: readonly Message[], now: Instant): string {
  let list = ''
  for (const message of messages) {
    if (list !== '') list += ','
    list += dialect.showMessage(`${messageHref(dialect, queue, message.id)}?claim_id=${claim}`, message, now)
  }
  return list
}

/** Shows a live claim with its messages. */
export async function getClaim(ctx: Context, { stores }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const text = ctx.params['claim'] ?? ''
  const id = parseClaimId(text)
  const record = id === null ? null : await stores.control.queue(project, queue)
  const claim = record === null || id === null ? null : await stores.data.claim(record, id)
  if (claim === null) throw fail('ClaimDoesNotExist', { project, queue, claim: text })
  const messages = showClaimed(ctx, claim.id, claim.messages, claim.now)
  setContentLocation(ctx)
  answerJson(ctx, 200, `{"href":"${claimHref(dialect, queue, claim.id)}","ttl":${claim.ttl},"age":${ageOf(claim.since, claim.now)},"messages":[${messages}]}`)
}

/** Starts a claim anew. The body is checked before the claim is looked for. */
export async function renewClaim(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const document = asDocument(await readDocument(ctx.req, 'claim', limits, 1))
  const ttl = readInteger(document, 'ttl', dialect.defaults.claimTtl)
  const grace = readInteger(document, 'grace', dialect.defaults.renewalGrace)
  checkClaimTtl(ttl, limits)

  const text = ctx.params['claim'] ?? ''
  const id = parseClaimId(text)
  const isRenewed = id !== null && await service.renewClaim(stores, project, queue, id, { ttl, grace }, limits)
  if (!isRenewed) throw fail('ClaimDoesNotExist', { project, queue, claim: text })
  answerEmpty(ctx, 204)
}

/** Releases a claim; there need not be one. */
export async function deleteClaim(ctx: Context, { stores }: Parts): Promise<void> {
  const { project, queue } = ctx.state.place
  const claim = parseClaimId(ctx.params['claim'] ?? '')
  if (claim !== null) await commitOn(stores, project, queue, { op: 'release', claim })
  answerEmpty(ctx, 204)
}
