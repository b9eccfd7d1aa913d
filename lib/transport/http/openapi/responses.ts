/** The answers of actions that do what they should. */
import { JSON_TYPE } from '../answers.ts'
import type { Answer, AnswerHeader, Description } from './description.ts'
import type { Schema } from './schema.ts'
import type { Content, Reference, Response } from './specification.ts'

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

/** The headers of an answer. */
export function headersOf(names: readonly AnswerHeader[]): Readonly<Record<string, Reference>> {
  return Object.fromEntries(['x-openstack-request-id', ...names].map(name => [name, { $ref: `#/components/headers/${name}` }]))
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
