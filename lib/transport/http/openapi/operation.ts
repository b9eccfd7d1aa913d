/** From the rows of the route table, and their descriptions, to an operation of the document. */
import type { MarconiError } from '../../../errors.ts'
import type { Action, Verb } from '../routes.ts'
import type { Description, Terms } from './description.ts'
import { headerParameters, pathParameters, securityOf } from './request-parts.ts'
import { answersOf, CALLER_REFUSALS, commonErrors, refusalsOf } from './responses.ts'
import type { Operation, Parameter, Response } from './specification.ts'

/** An action with its description. */
export interface Described {
  readonly action: Action
  readonly description: Description
}

/** Where actions stand. */
export interface Place {
  /** What the ids of their operations begin with. */
  readonly name: string
  readonly isAuthenticated: boolean
}

/** The errors that an action can be refused with. */
export function errorsOf(terms: Terms, { action, description }: Described): readonly MarconiError[] {
  return [...commonErrors(terms, action), ...description.refusals ?? []]
}

/** The operation of the actions on one verb and path: one for any query, or one for a query with ids, or both. */
export function operationOf(terms: Terms, { name, isAuthenticated }: Place, described: readonly [Described, ...Described[]]): Operation {
  const [{ action }] = described
  const descriptions = described.map(({ description }) => description)
  const errors = described.flatMap(each => errorsOf(terms, each))
  return {
    ...headOf(`${name}_`, action.verb, descriptions),
    parameters: [
      ...pathParameters(terms, action.path), ...queryParameters(descriptions), ...headerParameters(terms, described.map(each => each.action), isAuthenticated),
    ],
    ...bodyOf(descriptions),
    responses: responsesFor(action.verb, { ...CALLER_REFUSALS, ...refusalsOf(errors, action.failure), ...answersOf(descriptions) }),
    security: securityOf(terms, action, isAuthenticated),
  }
}

/** How an operation begins: its id, and what it does. */
export function headOf(prefix: string, verb: Verb, descriptions: readonly Description[]): Pick<Operation, 'operationId' | 'tags' | 'summary' | 'description'> {
  const texts = descriptions.flatMap(({ text }) => text ?? [])
  const names = descriptions.map(({ name }) => name)
  return {
    operationId: `${prefix}${names.join('_')}${verb === 'HEAD' ? '_head' : ''}`,
    tags: [...new Set(descriptions.map(({ tag }) => tag))],
    summary: descriptions.map(({ summary }) => summary).join('; or '),
    ...texts.length === 0 ? {} : { description: texts.join(' ') },
  }
}

/** Answers to HEAD have no body. */
export function responsesFor(verb: Verb, responses: Readonly<Record<string, Response>>): Readonly<Record<string, Response>> {
  if (verb !== 'HEAD') return responses
  return Object.fromEntries(Object.entries(responses).map(([status, response]) => {
    if ('$ref' in response) return [status, response]
    const { description, headers } = response
    return [status, { description, headers }]
  }))
}

/** The parameters of all of them; those that not all of them need can be left out. */
function queryParameters(descriptions: readonly Description[]): readonly Parameter[] {
  const all = new Map(descriptions.flatMap(({ query = [] }) => query.map(parameter => [parameter.name, parameter] as const)))
  return [...all.values()].map(({ name, description, schema }): Parameter => {
    const isRequired = descriptions.every(({ query = [] }) => query.some(parameter => parameter.name === name && parameter.required === true))
    const example = descriptions.map(each => each.example.query?.[name]).find(value => value !== undefined)
    const isList = schema.type === 'array'
    return {
      name, in: 'query', description, required: isRequired, schema,
      ...isList ? { style: 'form', explode: false } : {},
      ...example === undefined ? {} : { example: isList ? [example] : schema.type === 'integer' ? Number(example) : example },
    }
  })
}

function bodyOf(descriptions: readonly Description[]): Pick<Operation, 'requestBody'> {
  const [found] = descriptions.flatMap(({ name, body, example }) => body === undefined ? [] : [{ name, body, example }])
  if (found === undefined) return {}
  const { name, body: { schema, isRequired, type = 'application/json' }, example } = found
  return { requestBody: { required: isRequired, content: { [type]: { schema, examples: { [name]: { value: example.body } } } } } }
}
