/** Making pre-signed URLs. */
import type { Instant } from '../../../clock.ts'
import { fail } from '../../../errors.ts'
import { parseDateTime, printDateTime } from '../../../model/date-time.ts'
import { asDocument, type ObjectNode } from '../../../model/fields.ts'
import type { JsonNode } from '../../../model/json.ts'
import { answerJson } from '../answers.ts'
import { signatureOf, type Grant } from '../auth/signed-url.ts'
import { boundOf, readDocument } from '../body.ts'
import { queueHref } from '../links.ts'
import type { Context, Parts } from '../state.ts'

const MEMBERS: readonly string[] = ['methods', 'paths', 'expires']
/** What of a queue can be shared. */
export const SHARED_PATHS: readonly string[] = ['messages', 'claims', 'subscriptions']
/** How long a URL is good that does not say, in milliseconds. */
const ONE_DAY = 86_400_000
/** The last moment that four digits can name the year of. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59)
const METHOD = /^[A-Za-z-]+$/

/** Signs what others shall be allowed to do with a queue. The queue need not exist. */
export async function shareQueue(ctx: Context, { limits, signing, clock }: Parts): Promise<void> {
  const { place: { project, queue }, dialect } = ctx.state
  const document = asDocument(await readDocument(ctx, boundOf('share', limits), 2))
  const unknown = [...document.members.keys()].filter(name => !MEMBERS.includes(name))
  if (unknown.length > 0) throw refuse(`Unknown keys: {${unknown.map(name => `'${name}'`).join(', ')}}`)
  const paths = readTexts(document, 'paths', ['messages'])
  const stranger = paths.find(path => !SHARED_PATHS.includes(path))
  if (stranger !== undefined) throw refuse(`There is no path "${stranger}" to share; there are ${SHARED_PATHS.join(', ')}.`)
  const methods = readTexts(document, 'methods', ['GET'])
  if (!methods.every(method => METHOD.test(method))) throw refuse('A method is a word of letters.')
  const expires = readExpires(document.members.get('expires'), clock.now())
  if (signing.secret_key === '') throw refuse("The `key` can't be None")

  const grant: Grant = {
    paths: paths.map(path => `${queueHref(dialect, queue)}/${path}`).sort(), methods: [...methods].sort(), project, expires: printDateTime(expires),
  }
  answerJson(ctx, 200, JSON.stringify({ ...grant, signature: signatureOf(signing.secret_key, grant) }))
}

/** A list of texts; none and an empty one are the default. */
function readTexts({ members }: ObjectNode, name: string, byDefault: readonly string[]): readonly string[] {
  const node = members.get(name)
  if (node === undefined || node.text === 'null') return byDefault
  if (node.kind !== 'array' || node.elements.some(({ kind }) => kind !== 'string')) throw refuse(`\`${name}\` should be a list of strings.`)
  const texts = node.elements.map(({ text }) => JSON.parse(text) as string)
  return texts.length === 0 ? byDefault : texts
}

function readExpires(node: JsonNode | undefined, now: Instant): Instant {
  if (node === undefined || node.text === 'null') return now + ONE_DAY
  const text = node.kind === 'string' ? JSON.parse(node.text) as string : node.text
  if (node.kind === 'integer' || /^\d+$/.test(text)) throw refuse(`\`expires\` should be date format, for example 2016-01-01T00:00:00, not integer value: ${text}`)
  const expires = node.kind === 'string' ? parseDateTime(text) : null
  if (expires === null || expires > LAST_MOMENT) throw refuse(`Unable to parse date string '${text}'`)
  if (Math.floor(expires / 1000) <= Math.floor(now / 1000)) throw refuse('`expires` is lower than the current time')
  return expires
}

function refuse(reason: string): Error {
  return fail('ShareInvalid', { reason })
}
