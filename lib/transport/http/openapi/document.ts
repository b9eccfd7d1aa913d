/** The OpenAPI document: what a service offers, made from the route table and the descriptions of its actions. */
import type { ErrorName, MarconiError } from '../../../errors.ts'
import type { Limits } from '../../../model/limits.ts'
import { UNVERSIONED, type Dialect } from '../dialects.ts'
import { PUBLIC, type PublicPath } from '../middleware/public.ts'
import { offered, type Offer } from '../needs.ts'
import { ACTIONS, ADMIN_ACTIONS, type Action, type Verb } from '../routes.ts'
import { keyOf, versionOf, type Descriptions, type Terms } from './description.ts'
import { ADMIN_DESCRIPTIONS, DESCRIPTIONS, schemasOf } from './descriptions.ts'
import { healthSchemas } from './health.ts'
import { headOf, operationOf, type Described, type Place } from './operation.ts'
import { PUBLIC_DESCRIPTIONS, publicSchemas } from './public.ts'
import { quotaSchemas } from './quotas.ts'
import { bodyOf, COMMON_RESPONSES, ERROR_SCHEMAS, ownRefusals, sharedErrors, versionResponses, withoutBodies } from './refusals.ts'
import { SECURITY_SCHEMES, templateOf } from './request-parts.ts'
import { answersOf, HEADERS } from './responses.ts'
import { usedSchemas, type Schemas } from './schema.ts'
import type { OpenApiDocument, Operation, PathItem } from './specification.ts'

/** What decides what a service offers. */
export interface Served extends Offer {
  /** The versions that it speaks. */
  readonly dialects: readonly Dialect[]
  readonly limits: Limits
  readonly canEncrypt: boolean
  /** Whether it asks for tokens. */
  readonly isAuthenticated: boolean
}

const INFO = {
  title: 'Marconi',
  version: '2',
  summary: 'Message queues over HTTP and JSON.',
  description:
    'Producers post messages to queues; workers claim them, and delete what they have done. Three versions of the API work on the same '
    + 'queues. Paths in answers have no host. An empty query parameter is as good as none; of a repeated one the last counts, but all of a list do.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
} as const

const TAGS = [
  { name: 'service', description: 'What there is, and whether it works.' },
  { name: 'queues', description: 'Queues and their metadata.' },
  { name: 'messages', description: 'Messages of a queue.' },
  { name: 'claims', description: 'Messages that a worker has taken upon itself for a time.' },
  { name: 'administration', description: 'For those who run the service.' },
] as const

/** Actions under one prefix, in the words of one dialect. */
export interface Section extends Place {
  readonly prefix: string
  readonly terms: Terms
  readonly described: readonly Described[]
}

/** Describes a service. */
export function describeService(served: Served): OpenApiDocument {
  const sections = sectionsOf(served)
  const paths = Object.assign({}, publicPaths(), ...sections.map(pathsOf))
  const responses = Object.assign({}, COMMON_RESPONSES, ...sections.map(({ name, terms }) => versionResponses(name, terms)))
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: '/' }],
    tags: TAGS,
    paths,
    components: {
      schemas: usedSchemas([paths, responses], { ...ERROR_SCHEMAS, ...publicSchemas(), ...quotaSchemas(), ...healthSchemas(), ...versionSchemas(served) }),
      responses,
      headers: HEADERS,
      examples: errorExamples(sections),
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

/** The actions of a service with their descriptions. */
export function sectionsOf(served: Served): readonly Section[] {
  const { dialects, limits, canEncrypt, isAuthenticated, adminMode } = served
  const section = (name: string, prefix: string, dialect: Dialect, actions: readonly Action[], descriptions: Descriptions): Section => {
    const terms = { dialect, limits, canEncrypt }
    return { name, prefix, terms, isAuthenticated, described: describeAll(terms, actions, descriptions) }
  }
  return [
    ...dialects.map(dialect => section(versionOf(dialect), dialect.prefix, dialect, offered(ACTIONS[dialect.id], served), DESCRIPTIONS[dialect.id])),
    ...adminMode ? [section('admin', '', UNVERSIONED, ADMIN_ACTIONS, ADMIN_DESCRIPTIONS)] : [],
  ]
}

function describeAll(terms: Terms, actions: readonly Action[], descriptions: Descriptions): readonly Described[] {
  return actions.map(action => {
    const describe = descriptions[keyOf(action)]
    if (describe === undefined) throw new Error(`nobody describes ${keyOf(action)} of API version ${terms.dialect.id}`)
    return { action, description: describe(terms) }
  })
}

function pathsOf(section: Section): Readonly<Record<string, PathItem>> {
  const { prefix, terms, described } = section
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { action: { path, verb } } of described) {
    const item = paths[prefix + templateOf(path)] ??= {}
    const [first, ...rest] = described.filter(({ action }) => action.path === path && action.verb === verb)
    if (first !== undefined) item[verb.toLowerCase()] ??= operationOf(terms, section, [first, ...rest])
  }
  return paths
}

function publicPaths(): Readonly<Record<string, PathItem>> {
  const paths = Object.keys(PUBLIC) as readonly PublicPath[]
  return Object.fromEntries(paths.map(path => {
    const description = PUBLIC_DESCRIPTIONS[path]
    const responses = { ...ownRefusals(description.refusals ?? []), ...answersOf([description]) }
    const operation = (verb: Verb): Operation =>
      ({ ...headOf('', verb, [description]), responses: verb === 'HEAD' ? withoutBodies(responses) : responses, security: [] })
    return [path, Object.fromEntries(PUBLIC[path].map(verb => [verb.toLowerCase(), operation(verb)]))]
  }))
}

function versionSchemas({ dialects, limits, canEncrypt }: Served): Schemas {
  return Object.fromEntries(dialects.flatMap(dialect =>
    Object.entries(schemasOf({ dialect, limits, canEncrypt })).map(([name, schema]) => [`${versionOf(dialect)}.${name}`, schema] as const)))
}

/** A body of each error that some action is refused with. */
function errorExamples(sections: readonly Section[]): Readonly<Partial<Record<ErrorName, { readonly value: unknown }>>> {
  const errors: readonly MarconiError[] = [
    ...Object.values(PUBLIC_DESCRIPTIONS).flatMap(({ refusals = [] }) => refusals),
    ...sections.flatMap(({ terms, described }) => [...sharedErrors(terms), ...described.flatMap(({ description: { refusals = [] } }) => refusals)]),
  ]
  return Object.fromEntries(errors.map(error => [error.name, { value: bodyOf(error) }]))
}
