/** From the rows of the route table, and their descriptions, to an operation of the document. */
import type { Action, Verb } from '../routes.ts'
import type { Description, Terms } from './description.ts'
import { refusalsOf, withoutBodies } from './refusals.ts'
import { headerParameters, pathParameters, securityOf } from './request-parts.ts'
import { answersOf } from './responses.ts'
import type { Operation, Parameter } from './specification.ts'

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

/** The operation of the actions on one verb and path: one for any query, or one for a query with ids, or both. */
export function operationOf(terms: Terms, { name, isAuthenticated }: Place, described: readonly [Described, ...Described[]]): Operation {
  const [{ action }] = described
  const descriptions = described.map(({ description }) => description)
  const errors = descriptions.flatMap(({ refusals = [] }) => refusals)
  const responses = { ...refusalsOf(name, action, errors), ...answersOf(descriptions) }
  return {
    ...headOf(`${name}_`, action.verb, descriptions),
    parameters: [
      ...pathParameters(terms, action), ...queryParameters(descriptions), ...headerParameters(terms, described.map(each => each.action), isAuthenticated),
    ],
    ...bodyOf(descriptions),
    responses: action.verb === 'HEAD' ? withoutBodies(responses) : responses,
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

/** The parameters of all of them; those that not all of them need can be left out. */
function queryParameters(descriptions: readonly Description[]): readonly Parameter[] {
  const all = new Map(descriptions.flatMap(({ query = [] }) => query.map(parameter => [parameter.name, parameter] as const)))
  return [...all.values()].map(({ name, description, schema }): Parameter => {
    const isRequired = descriptions.every(({ query = [] }) => query.some(parameter => parameter.name === name && parameter.required === true))
    const example = descriptions.map(each => each.example.query?.[name]).find(value => value !== undefined)
    const isList = schema.type === 'array'
    return {
      name, in: 'query', description, required: isRequired, schema,
      // A list can be empty anyway.
      ...isList ? { style: 'form', explode: false } : isRequired ? {} : { allowEmptyValue: true },
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
