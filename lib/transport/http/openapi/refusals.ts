/** The answers that refuse. */
import { fail, MarconiError, type ErrorName } from '../../../errors.ts'
import { JSON_TYPE } from '../answers.ts'
import type { Dialect } from '../dialects.ts'
import { statusOf, textOf, unavailableText } from '../middleware/errors.ts'
import type { Action } from '../routes.ts'
import type { AnswerHeader, Terms } from './description.ts'
import { headersOf } from './responses.ts'
import { answered, ref, text, type Schemas } from './schema.ts'
import type { Reference, Response } from './specification.ts'

/** What refusals answer. */
export const ERROR_SCHEMAS: Schemas = {
  Error: answered({ description: text('What is wrong, for people.'), title: text('What sort of failure it is.') }, ['description']),
  Unauthorized: answered({ error: answered({ code: { type: 'integer', enum: [401] }, title: { type: 'string' }, message: { type: 'string' } }) }),
}

const ERROR = ref('Error')
const REFUSAL_HEADERS: Readonly<Record<number, readonly AnswerHeader[]>> = { 401: ['www-authenticate'], 429: ['retry-after'], 503: ['retry-after'] }

/** The body of an error. */
export function bodyOf(error: MarconiError): unknown {
  return JSON.parse(textOf(error))
}

/** What a refusal says, by its status. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is wrong. What is wrong with requests whatever they ask for, the response `BadRequest` of the version says.',
  401: 'The token is missing or not valid; where the service is run with Keystone.',
  403: 'It is not allowed.',
  404: 'There is no such thing; or it is not what a pre-signed URL was signed for.',
  406: 'The client takes no JSON.',
  409: 'It does not go together with what is there.',
  415: 'The document is of another media type.',
  429: 'The project asks too often; where the operator has chosen this status instead of 503.',
  503: 'It cannot be done now. After a failure of the store it is not known whether it was done. A failure of Keystone is told in plain text.',
}

/** What each version says in its own words of requests that are wrong whatever they ask for. */
function versionErrors({ project, wording }: Dialect): readonly MarconiError[] {
  return [
    fail('ContentTypeNotSupported'), fail('ClientIdMalformed'), fail(wording.clientIdMissing), fail('ProjectEmpty'),
    ...project === 'required' ? [fail('ProjectMissing')] : [], fail('QueueIdentificationInvalid'), fail(wording.notAcceptable),
  ]
}

const SENTENCE = new MarconiError('StorageUnavailable', unavailableText('Messages could not be enqueued.'))
/** What all versions say in the same words. */
const COMMON_ERRORS: readonly MarconiError[] = [fail('NotAuthorized'), fail('PathNotFound'), fail('RateExceeded', { rate: 100, seconds: 1 }), SENTENCE]

/** Errors that an action may be refused with whatever is asked of it. */
export function sharedErrors({ dialect }: Pick<Terms, 'dialect'>): readonly MarconiError[] {
  return [...versionErrors(dialect), ...COMMON_ERRORS]
}

/** Refusals that are the same for all actions, as components. */
export const COMMON_RESPONSES = {
  Unauthorized: { ...refusal(401, []), content: { [JSON_TYPE]: { schema: ref('Unauthorized') } } },
  Forbidden: refusal(403, ['NotAuthorized']),
  NotFound: refusal(404, ['PathNotFound']),
  TooManyRequests: refusal(429, ['RateExceeded']),
  Unavailable: refusal(503, ['RateExceeded', 'StorageUnavailable']),
} as const satisfies Readonly<Record<string, Response>>

/** Refusals that are the same for all actions of a version, as components whose names begin with its own. */
export function versionResponses(version: string, { dialect }: Pick<Terms, 'dialect'>): Readonly<Record<string, Response>> {
  const byStatus = byStatusOf(versionErrors(dialect))
  return {
    [`${version}.BadRequest`]: refusal(400, byStatus.get(400) ?? []),
    [`${version}.NotAcceptable`]: refusal(406, byStatus.get(406) ?? []),
  }
}

function shared(name: string): Reference {
  return { $ref: `#/components/responses/${name}` }
}

/** The refusals of an action of a version: those of every one, and `errors`, which are its own. */
export function refusalsOf(version: string, { rule }: Pick<Action, 'rule'>, errors: readonly MarconiError[]): Readonly<Record<string, Response>> {
  return {
    400: shared(`${version}.BadRequest`), 401: shared('Unauthorized'), ...rule === null ? {} : { 403: shared('Forbidden') }, 404: shared('NotFound'),
    406: shared(`${version}.NotAcceptable`), 429: shared('TooManyRequests'), 503: shared('Unavailable'),
    ...ownRefusals(errors),
  }
}

/** Refusals with these errors, by their status. */
export function ownRefusals(errors: readonly MarconiError[]): Readonly<Record<string, Response>> {
  return Object.fromEntries([...byStatusOf(errors)].map(([status, names]) => [status, refusal(status, names)]))
}

function byStatusOf(errors: readonly MarconiError[]): ReadonlyMap<number, readonly ErrorName[]> {
  const byStatus = new Map<number, ErrorName[]>()
  for (const { kind, name } of errors) {
    const status = statusOf(kind, '503')
    byStatus.set(status, [...byStatus.get(status) ?? [], name])
  }
  return byStatus
}

function refusal(status: number, names: readonly ErrorName[]) {
  const examples = Object.fromEntries(names.map(name => [name, { $ref: `#/components/examples/${name}` }]))
  const json = { [JSON_TYPE]: { schema: ERROR, examples } }
  return {
    description: REFUSALS[status] ?? '',
    headers: headersOf(REFUSAL_HEADERS[status] ?? []),
    content: status === 503 ? { ...json, 'text/plain': { schema: { type: 'string' } } } : json,
  } satisfies Response
}

/** Answers to HEAD: the same without bodies. */
export function withoutBodies(responses: Readonly<Record<string, Response>>): Readonly<Record<string, Response>> {
  return Object.fromEntries(Object.entries(responses).map(([status, response]) => {
    const { description, headers } = '$ref' in response ? refusal(Number(status), []) : response
    return [status, { description, headers }]
  }))
}
