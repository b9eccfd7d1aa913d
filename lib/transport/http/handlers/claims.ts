/** Claims on messages of a queue. */
import { fail } from '../../../errors.ts'
import { asDocument, readInteger, type ObjectNode } from '../../../model/fields.ts'
import { checkClaimGrace, checkClaimLimit, checkClaimTtl, DEFAULT_PAGE, type Limits } from '../../../model/limits.ts'
import { ageOf } from '../../../model/message.ts'
import { parseClaimId } from '../../../model/names.ts'
import * as service from '../../../service/claims.ts'
import { commitOn } from '../../../service/queues.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { boundOf, readDocument, readOptionalDocument } from '../body.ts'
import { claimHref } from '../links.ts'
import { showBulk, viewOf } from '../showing.ts'
import type { Context, Parts } from '../state.ts'
import { readWait, waitFor } from '../waiting.ts'

const NO_MEMBERS: ObjectNode['members'] = new Map()

/** Claims the oldest free messages. Nothing free and no such queue are the same to a worker. */
export async function createClaim(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, query, dialect } = ctx.state
  const { stores, limits, quotas } = parts
  const view = viewOf(ctx, parts)
  const limit = query.integer('limit') ?? DEFAULT_PAGE
  const wait = readWait(ctx, parts)
  const defaults = dialect.defaults(limits)
  const members = await readNewClaim(ctx, limits)
  const ttl = readInteger(members, 'ttl', defaults.claimTtl)
  const grace = readInteger(members, 'grace', defaults.claimGrace)
  checkClaimTtl(ttl, limits)
  checkClaimLimit(limit, limits)
  checkClaimGrace(grace, limits)

  const request = { limit, ttl, grace }
  const claim = await waitFor(ctx, parts, wait, {
    takes: limit,
    attempt: gone => dialect.attributes === 'in_effect'
      ? service.createClaimWithDeadLetters(stores, project, queue, request, quotas, gone)
      : service.createClaim(stores, project, queue, request, gone),
    undo: ({ id }) => commitOn(stores, project, queue, { op: 'release', claim: id }),
  })
  if (claim === null) {
    answerEmpty(ctx, 204)
    return
  }
  ctx.res.setHeader('location', claimHref(dialect, queue, claim.id))
  answerJson(ctx, 201, showBulk(dialect, view.claimed(claim.messages, claim.now)))
}

async function readNewClaim(ctx: Context, limits: Limits): Promise<Pick<ObjectNode, 'members'>> {
  const bound = boundOf('claim', limits)
  if (ctx.state.dialect.claimBody === 'required') return asDocument(await readDocument(ctx, bound, 1))
  const document = await readOptionalDocument(ctx, bound, 1)
  return document === null ? { members: NO_MEMBERS } : asDocument(document)
}

/** Shows a live claim with its messages. */
export async function getClaim(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const { control, data } = parts.stores
  const view = viewOf(ctx, parts)
  const text = ctx.params['claim'] ?? ''
  const id = parseClaimId(text)
  const record = id === null ? null : await control.queue(project, queue)
  const claim = record === null || id === null ? null : await data.claim(record, id)
  if (claim === null) throw fail('ClaimDoesNotExist', { project, queue, claim: text })
  const messages = view.claimed(claim.messages, claim.now)
  setContentLocation(ctx)
  answerJson(ctx, 200, `{"href":"${claimHref(dialect, queue, claim.id)}","ttl":${claim.ttl},"age":${ageOf(claim.since, claim.now)},"messages":[${messages}]}`)
}

/** Starts a claim anew. The body is checked before the claim is looked for. */
export async function renewClaim(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const defaults = dialect.defaults(limits)
  const document = asDocument(await readDocument(ctx, boundOf('claim', limits), 1))
  const ttl = readInteger(document, 'ttl', defaults.claimTtl)
  const grace = readInteger(document, 'grace', defaults.renewalGrace)
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
