/** Claims on messages. */
import { fail } from '../../../errors.ts'
import { MIN_TTL } from '../../../model/limits.ts'
import { showing, versioned, type Describe, type Descriptions, type Terms } from './description.ts'
import * as story from './examples.ts'
import { age, href, limit } from './fields.ts'
import { fields, shownMessage } from './messages.ts'
import { answered, listOf, sent, whole, type Schema, type Schemas } from './schema.ts'

const NO_CLAIM = fail('ClaimDoesNotExist', { queue: story.QUEUE, project: story.PROJECT, claim: story.CLAIM })

/** What is refused of the body of a claim. */
function refusals({ dialect, limits }: Terms) {
  return [
    fail(dialect.wording.bodyEmpty), fail('BodyNotParsable'), fail('DocumentTypeNotSupported'), fail('FieldNotInteger', { field: 'ttl' }),
    fail('ClaimTtlOutOfRange', { min: MIN_TTL, max: limits.max_claim_ttl }),
  ]
}

const describeCreate: Describe = terms => {
  const { dialect, limits } = terms
  const { max_messages_per_claim_or_pop: max } = limits
  const claimed = [shownMessage(terms, 'claimed')]
  return {
    name: 'createClaim',
    tag: 'claims',
    summary: 'Claim messages',
    text:
      'The oldest free messages are held for whoever has the claim: nobody else is given them while it lives. Who is done with one deletes it; '
      + 'what is left when the claim ends is free again.',
    query: [limit('The most messages to claim.', max), ...fields(terms)],
    body: { schema: versioned(terms, 'NewClaim'), isRequired: dialect.claimBody === 'required' },
    answers: [
      { status: 201, description: 'The messages that are claimed.', schema: versioned(terms, 'Messages'), headers: ['location'] },
      { status: 204, description: 'There is nothing to claim.' },
    ],
    refusals: [
      ...refusals(terms), fail('ClaimGraceOutOfRange', { min: MIN_TTL, max: limits.max_claim_grace }), fail('MessagesLimitOutOfRange', { max }),
    ],
    example: { query: { limit: '5' }, body: story.CLAIM_REQUEST, status: 201, answer: dialect.bareLists ? claimed : { messages: claimed } },
  }
}

const describeGet: Describe = terms => ({
  name: 'getClaim',
  tag: 'claims',
  summary: 'Show a claim and its messages',
  query: fields(terms),
  answers: [{ status: 200, description: 'The claim.', schema: versioned(terms, 'Claim'), headers: showing(terms) }],
  refusals: [NO_CLAIM],
  example: {
    status: 200,
    answer: {
      href: `${terms.dialect.prefix}/queues/${story.QUEUE}/claims/${story.CLAIM}`, ttl: story.CLAIM_REQUEST.ttl, age: 0,
      messages: [shownMessage(terms, 'claimed')],
    },
  },
})

const describeRenew: Describe = terms => ({
  name: 'renewClaim',
  tag: 'claims',
  summary: 'Renew a claim',
  text: 'It starts anew, with this ttl. A grace out of range is brought into it.',
  body: { schema: versioned(terms, 'Renewal'), isRequired: true },
  answers: [{ status: 204, description: 'It is renewed.' }],
  refusals: [...refusals(terms), NO_CLAIM],
  example: { body: story.CLAIM_REQUEST, status: 204 },
})

const describeDelete: Describe = () => ({
  name: 'deleteClaim',
  tag: 'claims',
  summary: 'Release a claim',
  answers: [{ status: 204, description: 'There is no such claim any more. What it held is free.' }],
  example: { status: 204 },
})

/** What every version has. */
export const CLAIMS: Descriptions = {
  'POST /queues/:queue/claims': describeCreate,
  'GET /queues/:queue/claims/:claim': describeGet,
  'PATCH /queues/:queue/claims/:claim': describeRenew,
  'DELETE /queues/:queue/claims/:claim': describeDelete,
}

/** What these actions take and answer. */
export function claimSchemas(terms: Terms): Schemas {
  const { dialect, limits } = terms
  const { claimTtl, claimGrace, renewalGrace } = dialect.defaults(limits)
  const ttl = withDefault(whole(MIN_TTL, 'How long it lives, in seconds.', { maximum: limits.max_claim_ttl }), claimTtl)
  const grace = withDefault(
    whole(MIN_TTL, 'How long its messages live on at least after it has ended, in seconds.', { maximum: limits.max_claim_grace }), claimGrace,
  )
  const renewedGrace = withDefault({ type: 'integer', description: 'The same, in any range.' }, renewalGrace)
  const path = `${dialect.prefix}/queues/${story.QUEUE}/claims/${story.CLAIM}`
  return {
    NewClaim: sent({ ttl, grace }, [...claimTtl === null ? ['ttl'] : [], ...claimGrace === null ? ['grace'] : []]),
    Renewal: sent({ ttl, grace: renewedGrace }, claimTtl === null ? ['ttl'] : []),
    Claim: answered({
      href: href(path), ttl: whole(0, 'How long it lives, in seconds.'), age: age('it was made or renewed'), messages: listOf(versioned(terms, 'Message')),
    }),
  }
}

function withDefault(schema: Schema, value: number | null): Schema {
  return value === null ? schema : { ...schema, default: value }
}
