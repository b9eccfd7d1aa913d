/** Rules about the metadata of queues that hold whatever the transport. */
import { fail } from '../errors.ts'
import { attributeProblem } from '../model/attribute-checks.ts'
import { rulesOf } from '../model/attributes.ts'
import type { JsonText } from '../model/json.ts'
import { applyPatch, type PatchOperation } from '../model/json-patch.ts'
import type { Limits } from '../model/limits.ts'
import type { Project, QueueName } from '../model/names.ts'
import { parseFlavorName } from '../model/pool.ts'
import type { ControlStore } from '../storage/contract.ts'
import { metadataString } from '../storage/pooling/choice.ts'
import { MAX_INCARNATIONS, takenAway } from './queues.ts'

/** What decides, besides the metadata themselves, whether they will do. */
export interface MetadataParts {
  readonly control: ControlStore
  readonly limits: Limits
  /** Whether there is a key to encrypt messages with. */
  readonly canEncrypt: boolean
  /** Whether a queue may ask for a flavor. */
  readonly pooling: boolean
}

/** What is wrong with metadata that a queue shall get; null if nothing is. */
export async function metadataProblem(parts: MetadataParts, project: Project, queue: QueueName, metadata: JsonText): Promise<string | null> {
  const { control, limits, canEncrypt } = parts
  return attributeProblem(metadata, { queue, limits, canEncrypt })
    ?? await flavorProblem(parts, project, metadata)
    ?? await deadLetterProblem(control, project, queue, metadata)
}

async function flavorProblem({ control, pooling }: MetadataParts, project: Project, metadata: JsonText): Promise<string | null> {
  const text = pooling ? metadataString(metadata, '_flavor') : null
  if (text === null) return null
  const name = parseFlavorName(text)
  return name === null || await control.flavor(project, name) === null ? `Flavor ${text} does not exist` : null
}

/** Messages move within one pool only. A queue that does not exist yet is put beside its dead-letter queue. */
async function deadLetterProblem(control: ControlStore, project: Project, queue: QueueName, metadata: JsonText): Promise<string | null> {
  const { deadLetterQueue } = rulesOf(metadata)
  if (deadLetterQueue === null) return null
  const [from, to] = await Promise.all([control.queue(project, queue), control.queue(project, deadLetterQueue)])
  const isApart = from !== null && to !== null && from.pool !== to.pool
  return isApart ? '_dead_letter_queue must lie in the same pool as the queue.' : null
}

/** Changes metadata by a patch, all of it or nothing, and answers what they are then. */
export async function patchMetadata(
  parts: MetadataParts, project: Project, queue: QueueName, operations: readonly PatchOperation[],
): Promise<JsonText> {
  const { control, limits: { max_queue_metadata: max } } = parts
  for (let attempt = 0; attempt < MAX_INCARNATIONS; attempt++) {
    const record = await control.queue(project, queue)
    if (record === null) throw fail('QueueDoesNotExist', { project, queue })
    const patched = applyPatch(record.metadata, operations)
    if (Buffer.byteLength(patched) > max) throw fail('PatchTooLarge', { max })
    const reason = await metadataProblem(parts, project, queue, patched)
    if (reason !== null) throw fail('PatchInvalid', { reason })
    // Somebody else may have changed them meanwhile: then the patch is for what they are now.
    if (await control.setMetadata(record, patched, record.metadata)) return patched
  }
  throw takenAway(queue)
}
