/** What is answered without a token (decisions 7). */
import { fail } from '../../../errors.ts'
import type { PublicPath } from '../middleware/public.ts'
import type { Description } from './description.ts'
import { answered, listOf, ref, text, type Schemas } from './schema.ts'

/** The public paths, which lie under no version. */
export const PUBLIC_DESCRIPTIONS: Readonly<Record<PublicPath, Description>> = {
  '/': {
    name: 'listVersions',
    tag: 'service',
    summary: 'List the API versions that are spoken',
    answers: [{ status: 300, description: 'The versions.', schema: ref('Versions') }],
    refusals: [fail('NotAcceptable')],
    example: { status: 300 },
  },
  '/healthcheck': {
    name: 'checkHealth',
    tag: 'service',
    summary: 'Tell a load balancer whether the service can serve',
    answers: [
      { status: 200, description: 'It can.', schema: { type: 'string', enum: ['OK'] }, type: 'text/plain' },
      { status: 503, description: 'The store does not answer.', headers: ['retry-after'] },
    ],
    example: { status: 200 },
  },
  '/openapi.json': {
    name: 'getDocument',
    tag: 'service',
    summary: 'Show this document',
    text: 'It says what the service that answers it offers: which versions, within which limits.',
    answers: [{ status: 200, description: 'An OpenAPI document.', schema: { type: 'object', required: ['openapi', 'info', 'paths'] } }],
    example: { status: 200 },
  },
}

/** What they answer. */
export function publicSchemas(): Schemas {
  const mediaType = answered({ base: { type: 'string' }, type: { type: 'string' } })
  const link = answered({ href: text('Where its home document is.', { pattern: '^/' }), rel: { type: 'string', enum: ['self'] } })
  const version = answered({
    id: text('Its number.'), status: { type: 'string', enum: ['CURRENT', 'DEPRECATED'] }, updated: { type: 'string' },
    'media-types': listOf(mediaType), links: listOf(link),
  })
  return { Versions: answered({ versions: listOf(version) }) }
}
