/** Rules about messages that hold whatever the API version or the transport. */
import { fail } from '../errors.ts'
import type { NewMessage } from '../model/message.ts'
import type { ClaimId, ClientId, MessageId, Project, QueueName } from '../model/names.ts'
import type { Quotas } from '../quota/quota.ts'
import type { RemoveCheck, Stores } from '../storage/contract.ts'
import { commitOn } from './queues.ts'
import { sweep } from './sweeper.ts'

const UNCHECKED: RemoveCheck = { kind: 'nothing' }
const UNCLAIMED: RemoveCheck = { kind: 'unclaimed' }

/** Posts messages, all or none, within what the project may keep; null if there is no such queue. */
export async function postMessages(
  stores: Stores, project: Project, queue: QueueName, client: ClientId, messages: readonly NewMessage[], quotas: Quotas,
): Promise<readonly MessageId[] | null> {
  const draft = { op: 'post', client, messages, allowance: quotas.of(project) } as const
  let outcome = await commitOn(stores, project, queue, draft)
  if (outcome?.is === 'over_quota') {
    // What has expired may still have counted: sweep it, and see.
    await sweep(stores.data)
    outcome = await commitOn(stores, project, queue, draft)
  }
  if (outcome?.is === 'over_quota') throw fail('QuotaExceeded', outcome)
  return outcome?.is === 'posted' ? outcome.ids : null
}

/** Deletes messages by id, claimed or not. What is not there is passed over. */
export async function deleteMessages(stores: Stores, project: Project, queue: QueueName, ids: readonly MessageId[]): Promise<void> {
  await commitOn(stores, project, queue, { op: 'remove', ids, check: UNCHECKED })
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
