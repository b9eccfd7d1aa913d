/** The answers of an action: those that it gives when all goes well, and those that refuse. */
import { fail, MarconiError, type ErrorName } from '../../../errors.ts'
import { clientIdIsNeeded } from '../endpoint.ts'
import { statusOf, textOf, unavailableText } from '../middleware/errors.ts'
import type { Action } from '../routes.ts'
import type { Answer, AnswerHeader, Description, Terms } from './description.ts'
import { answered, ref, text, whole, type Schema, type Schemas } from './schema.ts'
import type { Content, Example, Reference, Response } from './specification.ts'

const JSON_TYPE = 'application/json'

/** Headers of answers. */
export const HEADERS: Readonly<Record<AnswerHeader | 'x-openstack-request-id', { readonly description: string; readonly required: true; readonly schema: Schema }>> = {
  'x-openstack-request-id': header('Names the request in the log of the service.', { type: 'string', pattern: '^req-[0-9a-f-]{36}$' }),
  location: header('The path of what was made or changed.', { type: 'string', pattern: '^/' }),
  'content-location': header('The path of what is shown, with the query as it came.', { type: 'string', pattern: '^/' }),
  'cache-control': header('How long the answer may be kept.', { type: 'string' }),
  'retry-after': header('When to try again, in seconds.', { type: 'integer', minimum: 1 }),
  'www-authenticate': header('Where tokens come from.', { type: 'string' }),
}

function header(description: string, schema: Schema) {
  return { description, required: true, schema } as const
}

/** What refusals answer. */
export const ERROR_SCHEMAS: Schemas = {
  Error: answered({ description: text('What is wrong, for people.'), title: text('What sort of failure it is.') }, ['description']),
  Unauthorized: answered({ error: answered({ code: whole(401), title: { type: 'string' }, message: { type: 'string' } }) }),
}

const ERROR = ref('Error')

/** Refusals that are the same everywhere. */
export const RESPONSES: Readonly<Record<'Unauthorized' | 'TooManyRequests', Response>> = {
  Unauthorized: {
    description: 'The token is missing or not valid; where the service is run with Keystone.',
    headers: headersOf(['www-authenticate']),
    content: { [JSON_TYPE]: { schema: ref('Unauthorized') } },
  },
  TooManyRequests: {
    description: 'The project asks too often; where the operator has chosen this status instead of 503.',
    headers: headersOf(['retry-after']),
    content: { [JSON_TYPE]: { schema: ERROR, examples: { RateExceeded: exampleOf('RateExceeded') } } },
  },
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is wrong.',
  403: 'It is not allowed.',
  404: 'There is no such thing.',
  406: 'The client takes no JSON.',
  409: 'It does not go together with what is there.',
  415: 'The document is of another media type.',
  503: 'It cannot be done now. Whether it was done is not known. A failure of Keystone is told in plain text.',
}

/** The headers of an answer. */
export function headersOf(names: readonly AnswerHeader[]): Readonly<Record<string, Reference>> {
  return Object.fromEntries(['x-openstack-request-id', ...names].map(name => [name, { $ref: `#/components/headers/${name}` }]))
}

function exampleOf(name: ErrorName): Reference {
  return { $ref: `#/components/examples/${name}` }
}

/** The body of an error. */
export function bodyOf(error: MarconiError): unknown {
  return JSON.parse(textOf(error))
}

/** Errors that every action of a path can be refused with. */
export function commonErrors({ dialect }: Terms, { path, clientId, rule }: Action): readonly MarconiError[] {
  return [
    fail('ContentTypeNotSupported'), fail('ClientIdMalformed'), fail('ProjectEmpty'),
    ...clientId === 'required' || clientIdIsNeeded(path, dialect) ? [fail(dialect.wording.clientIdMissing)] : [],
    ...dialect.project === 'required' ? [fail('ProjectMissing')] : [],
    ...path.includes('/:queue') ? [fail('QueueIdentificationInvalid')] : [],
    ...rule === null ? [] : [fail('NotAuthorized')],
    fail('PathNotFound'),
    fail(dialect.wording.notAcceptable),
    fail('RateExceeded', { rate: 100, seconds: 1 }),
  ]
}

/** Refusals by their status. One may be named twice. `failure` is what a 503 says besides. */
export function refusalsOf(errors: readonly MarconiError[], failure?: string): Readonly<Record<string, Response>> {
  const byStatus = new Map<number, Map<string, Example>>()
  for (const error of errors) {
    const status = statusOf(error.kind, '503')
    const examples = byStatus.get(status) ?? new Map<string, Example>()
    byStatus.set(status, examples.set(error.name, exampleOf(error.name)))
  }
  if (failure !== undefined) byStatus.get(503)?.set('StorageUnavailable', { value: unavailable(failure) })
  return Object.fromEntries([...byStatus].map(([status, examples]) => [status, refusal(status, examples)] as const))
}

/** Refusals that every action has which asks who calls. */
export const CALLER_REFUSALS: Readonly<Record<string, Response>> = {
  401: { $ref: '#/components/responses/Unauthorized' },
  429: { $ref: '#/components/responses/TooManyRequests' },
}

function unavailable(failure: string): unknown {
  return bodyOf(new MarconiError('StorageUnavailable', unavailableText(failure)))
}

function refusal(status: number, examples: ReadonlyMap<string, Example>): Response {
  const json = { [JSON_TYPE]: { schema: ERROR, examples: Object.fromEntries(examples) } }
  return {
    description: REFUSALS[status] ?? '',
    headers: headersOf(status === 503 ? ['retry-after'] : []),
    content: status === 503 ? { ...json, 'text/plain': { schema: { type: 'string' } } } : json,
  }
}

/** The answers of actions that stand on the same path and verb, by their status. */
export function answersOf(descriptions: readonly Description[]): Readonly<Record<string, Response>> {
  const byStatus = new Map<number, { readonly answer: Answer; readonly description: Description }[]>()
  for (const description of descriptions) {
    for (const answer of description.answers) byStatus.set(answer.status, [...byStatus.get(answer.status) ?? [], { answer, description }])
  }
  return Object.fromEntries([...byStatus].map(([status, given]) => {
    const names = new Set(given.flatMap(({ answer }) => answer.headers ?? []))
    const content = contentOf(status, given)
    const response = { description: given.map(({ answer }) => answer.description).join(' Or: '), headers: headersOf([...names]) }
    return [status, content === null ? response : { ...response, content }]
  }))
}

function contentOf(status: number, given: readonly { readonly answer: Answer; readonly description: Description }[]): Content | null {
  const schemas = given.flatMap(({ answer: { schema } }) => schema ?? [])
  const [first] = schemas
  if (first === undefined) return null
  const type = given.find(({ answer }) => answer.type !== undefined)?.answer.type ?? JSON_TYPE
  const examples = given.flatMap(({ description: { name, example } }) =>
    example.status === status && example.answer !== undefined ? [[name, { value: example.answer }] as const] : [])
  const schema = schemas.length === 1 ? first : { anyOf: schemas }
  return { [type]: { schema, ...examples.length === 0 ? {} : { examples: Object.fromEntries(examples) } } }
}
