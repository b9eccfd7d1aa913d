/** The metadata of queues. */
import { fail } from '../../../errors.ts'
import { withDefaults } from '../../../model/attributes.ts'
import { asDocument } from '../../../model/fields.ts'
import { EMPTY_OBJECT, parseJsonBytes, type JsonText } from '../../../model/json.ts'
import { PATCH_TYPE, readPatch } from '../../../model/json-patch.ts'
import * as metadataService from '../../../service/metadata.ts'
import * as service from '../../../service/queues.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { boundOf, readBody, readDocument } from '../body.ts'
import { queueHref } from '../links.ts'
import type { Context, Parts } from '../state.ts'

/** Metadata as a version shows them: as they came, or with the defaults of reserved attributes. */
export function shownMetadata(ctx: Context, metadata: JsonText, { limits }: Pick<Parts, 'limits'>): JsonText {
  return ctx.state.dialect.attributes === 'in_effect' ? withDefaults(metadata, limits) : metadata
}

/** Replaces the metadata of a queue as a whole. Reserved attributes cannot be set this way (api-v1.md 5.5). */
export async function putMetadata(ctx: Context, { stores, limits }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const document = asDocument(await readDocument(ctx, boundOf('metadata', limits), 1))
  for (const key of document.members.keys()) if (key.startsWith('_')) throw fail('MetadataKeyReserved')
  if (!await service.setMetadata(stores, project, queue, document.text)) throw fail('QueueDoesNotExist', { project, queue })
  ctx.res.setHeader('location', `${queueHref(dialect, queue)}/metadata`)
  answerEmpty(ctx, 204)
}

/** Shows the metadata of a queue. One that does not exist has none, where queues need not exist. */
export async function getMetadata(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const record = await parts.stores.control.queue(project, queue)
  if (record === null && !dialect.lazyQueues) throw fail('QueueDoesNotExist', { project, queue })
  setContentLocation(ctx)
  answerJson(ctx, 200, shownMetadata(ctx, record?.metadata ?? EMPTY_OBJECT, parts))
}

/** Changes the metadata of a queue by a patch (api-v2.md 4.4, in its order of checks). */
export async function patchMetadata(ctx: Context, parts: Parts): Promise<void> {
  const { place: { project, queue } } = ctx.state
  const { stores: { control }, limits, canEncrypt, pooling } = parts
  const bytes = await readBody(ctx.req, boundOf('metadata_patch', limits))
  if (ctx.req.headers['content-type'] !== PATCH_TYPE) throw fail('PatchMediaTypeNotSupported', { type: PATCH_TYPE })
  if (bytes === null || bytes.length === 0) throw fail('PatchEmpty')
  const operations = readPatch(parseJsonBytes(bytes, 4))
  const metadata = await metadataService.patchMetadata({ control, limits, canEncrypt, pooling }, project, queue, operations)
  answerJson(ctx, 200, shownMetadata(ctx, metadata, parts))
}
