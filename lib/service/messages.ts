/** Rules about messages that hold whatever the API version or the transport. */
import { fail } from '../errors.ts'
import { rulesOf } from '../model/attributes.ts'
import { EMPTY_OBJECT } from '../model/json.ts'
import type { NewMessage } from '../model/message.ts'
import type { ClaimId, ClientId, MessageId, Project, QueueName } from '../model/names.ts'
import type { Quotas } from '../quota/quota.ts'
import { excess, isLimit, weigh } from '../storage/allowance.ts'
import type { QueueRecord, Reading, RemoveCheck, Stores } from '../storage/contract.ts'
import { commitOn, createQueue, MAX_INCARNATIONS, takenAway, unlessGone, type Draft } from './queues.ts'
import { sweep } from './sweeper.ts'

const UNCHECKED: RemoveCheck = { kind: 'nothing' }
const UNCLAIMED: RemoveCheck = { kind: 'unclaimed' }

/** Posts messages, all or none, within what the project may keep; null if there is no such queue. */
export async function postMessages(
  stores: Stores, project: Project, queue: QueueName, client: ClientId, messages: readonly NewMessage[], quotas: Quotas,
): Promise<readonly MessageId[] | null> {
  const draft = { op: 'post', client, messages, allowance: quotas.of(project) } as const
  const drafting = ({ metadata }: QueueRecord): Draft => rulesOf(metadata).isEncrypted ? { ...draft, sealed: true } : draft
  let outcome = await commitOn(stores, project, queue, drafting)
  if (outcome?.is === 'over_quota') {
    // What has expired may still have counted: sweep it, and see.
    await sweep(stores.data)
    outcome = await commitOn(stores, project, queue, drafting)
  }
  if (outcome?.is === 'over_quota') throw fail('QuotaExceeded', outcome)
  return outcome?.is === 'posted' ? outcome.ids : null
}

/** The same, into a queue that is created if there is none. A post that is refused leaves none behind (decisions 10). */
export async function postLazily(
  stores: Stores, project: Project, queue: QueueName, client: ClientId, messages: readonly NewMessage[], quotas: Quotas,
): Promise<readonly MessageId[]> {
  for (let attempt = 0; attempt < MAX_INCARNATIONS; attempt++) {
    const ids = await postMessages(stores, project, queue, client, messages, quotas)
    if (ids !== null) return ids
    await checkRoom(stores, project, messages, quotas)
    await createQueue(stores, project, queue, EMPTY_OBJECT, quotas)
  }
  throw takenAway(queue)
}

/** Refuses what the commit of a post would refuse, as far as can be told without one. */
async function checkRoom({ data }: Stores, project: Project, messages: readonly NewMessage[], quotas: Quotas): Promise<void> {
  const quota = quotas.of(project)
  if (!isLimit(quota)) return
  const more = weigh(messages)
  if (excess(await data.usage(project), more, quota) === null) return
  // What has expired may still have counted: sweep it, and see.
  await sweep(data)
  const refusal = excess(await data.usage(project), more, quota)
  if (refusal !== null) throw fail('QuotaExceeded', refusal)
}

/** Deletes messages by id, claimed or not. What is not there is passed over. */
export async function deleteMessages(stores: Stores, project: Project, queue: QueueName, ids: readonly MessageId[]): Promise<void> {
  await commitOn(stores, project, queue, { op: 'remove', ids, check: UNCHECKED })
}

/**
 * Deletes messages that one of the given claims holds (api-v2.md 6.7 with `message_delete_with_claim_id`). What is not there is passed
 * over. Nothing is deleted if one of the others is held by no claim or another one, or if one of the claims holds none of them.
 */
export async function deleteHeldMessages(
  stores: Stores, project: Project, queue: QueueName, ids: readonly MessageId[], claims: readonly ClaimId[],
): Promise<void> {
  const record = await stores.control.queue(project, queue)
  const { messages } = record === null ? { messages: [] } : await stores.data.get(record, ids)
  for (const { claim } of messages) {
    if (claim === null) throw fail('MessageNotClaimed')
    if (!claims.includes(claim)) throw fail('MessageClaimed')
  }
  const idle = claims.find(claim => !messages.some(message => message.claim === claim))
  if (idle !== undefined) throw fail('ClaimIdsMismatch', { claim: idle })
  for (const claim of new Set(claims)) {
    const held = messages.filter(message => message.claim === claim).map(({ id }) => id)
    await commitOn(stores, project, queue, { op: 'remove', ids: held, check: { kind: 'held_by', claim } })
  }
}

/** Removes the oldest free messages and gives them out; null if there are none, or there is no such queue. For `gone` see `createClaim`. */
export async function popMessages(stores: Stores, project: Project, queue: QueueName, limit: number, gone: AbortSignal | null): Promise<Reading | null> {
  const outcome = await commitOn(stores, project, queue, unlessGone(gone, { op: 'pop', limit }))
  return outcome?.is === 'popped' && outcome.messages.length > 0 ? outcome : null
}

/**
 * Deletes one message, with the id of the claim that holds it or, without one, only if none does (api-v1.md 8.2, rows 3
 * to 9). What is not there counts as deleted.
 */
export async function deleteMessage(stores: Stores, project: Project, queue: QueueName, id: MessageId, claim: ClaimId | null): Promise<void> {
  const check: RemoveCheck = claim === null ? UNCLAIMED : { kind: 'held_by', claim }
  const outcome = await commitOn(stores, project, queue, { op: 'remove', ids: [id], check })
  if (outcome?.is !== 'removed') return
  switch (outcome.each[0]) {
    case 'claimed': throw fail('MessageClaimed')
    case 'unclaimed': throw fail('MessageNotClaimed')
    case 'lapsed': throw fail('ClaimLapsed')
    case 'removed':
    case 'absent':
    case undefined:
  }
}
