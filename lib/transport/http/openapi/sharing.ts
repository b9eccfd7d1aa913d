/** Pre-signed URLs. */
import { fail } from '../../../errors.ts'
import { SHARED_PATHS } from '../handlers/share.ts'
import { versioned, type Describe, type Descriptions, type Terms } from './description.ts'
import * as story from './examples.ts'
import { answered, listOf, text, type Schema, type Schemas } from './schema.ts'

const EXPIRES = '2026-01-02T00:00:00'

const describeShare: Describe = terms => ({
  name: 'shareQueue',
  tag: 'queues',
  summary: 'Make a pre-signed URL',
  text:
    'Whoever sends what is answered, as the headers `URL-Paths` and `URL-Methods` (both with commas), `X-Project-ID`, `URL-Expires` and '
    + '`URL-Signature`, may use these methods on these paths and all below them without a token. The queue need not exist.',
  body: { schema: versioned(terms, 'Share'), isRequired: true },
  answers: [{ status: 200, description: 'What is signed, and the signature.', schema: versioned(terms, 'Shared') }],
  refusals: [
    fail('BodyNotParsable'), fail('DocumentTypeNotSupported'), fail('ShareInvalid', { reason: '`expires` is lower than the current time' }),
  ],
  example: {
    body: { methods: ['GET'], paths: ['messages'], expires: EXPIRES },
    status: 200,
    answer: {
      paths: [`${terms.dialect.prefix}/queues/${story.QUEUE}/messages`], methods: ['GET'], project: story.PROJECT, expires: EXPIRES,
      signature: story.SIGNATURE,
    },
  },
})

/** Sharing a queue. */
export const SHARING: Descriptions = { 'POST /queues/:queue/share': describeShare }

/** What it takes and answers. */
export function sharingSchemas(terms: Terms): Schemas {
  const path = `${terms.dialect.prefix}/queues/${story.QUEUE}/messages`
  const list = (description: string, item: Schema): Schema => ({ type: ['array', 'null'], description, items: item })
  return {
    Share: {
      type: 'object',
      properties: {
        methods: list('What may be done; `["GET"]` if it is absent or empty.', { type: 'string', pattern: '^[A-Za-z-]+$' }),
        paths: list('With what of the queue; `["messages"]` if it is absent or empty.', { type: 'string', enum: SHARED_PATHS }),
        expires: { type: ['string', 'null'], description: 'Until when: a date in ISO 8601, in UTC unless it says otherwise. In a day if it is absent.' },
      },
      additionalProperties: false,
    },
    Shared: answered({
      paths: listOf(text(`Such as \`${path}\`.`)), methods: listOf({ type: 'string' }), project: text('Whose queue it is.'),
      expires: text('In UTC.', { pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$' }), signature: text('64 hexadecimal digits.', { pattern: '^[0-9a-f]{64}$' }),
    }),
  }
}
