/** The description of the API, made of the route table and the shapes of documents: OpenAPI 3.1. */
import { UNVERSIONED, type Dialect } from '../dialects.ts'
import { offered } from '../needs.ts'
import { ACTIONS, ADMIN_ACTIONS, type Action } from '../routes.ts'
import type { Parts } from '../state.ts'
import { OPERATIONS, type Answer, type Operation, type Parameter } from './operations.ts'
import { ref, SHARED_SCHEMAS, type Schema, type Shaping } from './schemas.ts'

/** What of the service its description depends on. */
export interface DescribedParts extends Pick<Parts, 'limits' | 'canEncrypt' | 'checksums' | 'adminMode' | 'pooling'> {
  /** Whether callers show tokens. */
  readonly isAuthenticated: boolean
}

const INFO = {
  title: 'Marconi',
  summary: 'Multi-tenant message queues over HTTP',
  version: '2.0.0',
  license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
} as const

/** What any action may answer. */
const REFUSALS: Readonly<Record<string, Answer>> = {
  400: { description: 'Something in the request is not as it must be.', schema: ref('Error') },
  401: { description: 'No valid token.', schema: { type: 'object' } },
  403: { description: 'The policy or a quota forbids it.', schema: ref('Error') },
  406: { description: 'The client does not take JSON.', schema: ref('Error') },
  429: { description: 'Beyond the rate of the project, where the service says so by this status.', schema: ref('Error') },
  503: { description: 'The store is out of reach, or the request is beyond the rate of the project.' },
}

/** The name under which a refusal is described once for all actions. */
function refusalName(status: string): string {
  return `Refused${status}`
}

const NO_SIGNATURE: Answer = { description: 'No such path for who comes with a signed URL.', schema: ref('Error') }

/** Describes the API of these versions, as this service offers it. */
export function openapiDocument(dialects: readonly Dialect[], parts: DescribedParts): string {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const dialect of dialects) {
    for (const action of offered(ACTIONS[dialect.id], parts)) {
      const path = dialect.prefix + action.path.replace(/:(\w+)/g, '{$1}')
      const entry = paths[path] ??= {}
      entry[action.verb.toLowerCase()] ??= describe(action, { dialect, ...parts }, parts)
    }
  }
  const { isAuthenticated } = parts
  return `${JSON.stringify({
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: '/' }],
    tags: dialects.map(({ id, prefix }) => ({ name: `v${id}`, description: `Version ${id} of the API, under ${prefix}.` })),
    ...isAuthenticated ? { security: [{ token: [] }] } : {},
    paths: { ...PUBLIC_PATHS, ...paths, ...parts.adminMode ? quotas(parts) : {} },
    components: {
      schemas: SHARED_SCHEMAS,
      parameters: HEADERS,
      responses: Object.fromEntries(Object.entries(REFUSALS).map(([status, answer]) => [refusalName(status), showAnswer(answer)])),
      ...isAuthenticated ? { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'A token of Keystone that is scoped to a project.' } } } : {},
    },
  }, null, 2)}\n`
}

/** What is answered without a token, under no version. */
const PUBLIC_PATHS = {
  '/': {
    get: {
      operationId: 'getVersions', summary: 'List the versions of the API', security: [],
      responses: {
        300: showAnswer({ description: 'The versions.', schema: { type: 'object', required: ['versions'] } }),
        406: showAnswer({ description: 'The client does not take JSON.', schema: ref('Error') }),
      },
    },
  },
  '/healthcheck': {
    get: {
      operationId: 'checkHealth', summary: 'Ask whether the service can serve, as load balancers do', security: [],
      responses: { 200: showAnswer({ description: 'It can.', schema: { const: 'OK' }, type: 'text/plain' }), 503: { description: 'It can not.' } },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'getDescription', summary: 'Show this description', security: [],
      responses: { 200: showAnswer({ description: 'It.', schema: { type: 'object', required: ['openapi'] } }) },
    },
  },
} as const

/** The quotas of projects, for administrators. */
function quotas(parts: DescribedParts): object {
  return Object.fromEntries(ADMIN_ACTIONS.map(action => [
    action.path.replace(/:(\w+)/g, '{$1}'), { [action.verb.toLowerCase()]: describe(action, { dialect: UNVERSIONED, ...parts }, parts) },
  ]))
}

function describe(action: Action, shaping: Shaping, { isAuthenticated }: DescribedParts): object {
  const { dialect: { id } } = shaping
  const operation = OPERATIONS[`${action.verb} ${action.path}`]?.(shaping)
  if (operation === undefined) throw new Error(`${action.verb} ${action.path} is not described`)
  const answers = Object.entries({ ...id === '2' ? { 404: NO_SIGNATURE } : {}, ...operation.answers })
  const shared = Object.keys(REFUSALS).filter(status => isAuthenticated || status !== '401')
  return {
    operationId: `v${id}.${operation.id}`,
    summary: operation.summary,
    tags: [`v${id}`],
    parameters: [...pathParameters(action, shaping), ...headerParameters(action, shaping), ...(operation.query ?? []).map(queryParameter)],
    ...operation.body === undefined ? {} : { requestBody: requestBody(operation.body) },
    responses: {
      ...Object.fromEntries(shared.map(status => [status, { $ref: `#/components/responses/${refusalName(status)}` }])),
      ...Object.fromEntries(answers.map(([status, answer]) => [status, showAnswer(action.verb === 'HEAD' ? { description: answer.description } : answer)])),
    },
  }
}

function requestBody({ schema, required, type = 'application/json' }: NonNullable<Operation['body']>): object {
  return { required, content: { [type]: { schema } } }
}

function showAnswer({ description, schema, type = 'application/json', headers = [] }: Answer): object {
  return {
    description,
    ...schema === undefined ? {} : { content: { [type]: { schema } } },
    ...headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map(name => [name, { schema: { type: 'string' } }])) },
  }
}

const PATH_SCHEMAS: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>> = {
  message: { description: 'The id of a message.', schema: { type: 'string' } },
  claim: { description: 'The id of a claim.', schema: { type: 'string' } },
  project: { description: 'The id of a project.', schema: { type: 'string', minLength: 1, maxLength: 256 } },
  pool: { description: 'The name of a pool.', schema: { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,64}$' } },
  flavor: { description: 'The name of a flavor.', schema: { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,64}$' } },
}

function pathParameters({ path }: Action, { dialect }: Shaping): readonly object[] {
  const queue = { description: 'The name of a queue.', schema: { type: 'string', pattern: dialect.strictPaths ? '^[a-zA-Z0-9_-][a-zA-Z0-9_.-]{0,63}$' : '^[a-zA-Z0-9_-]{1,64}$' } }
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({ name, in: 'path', required: true, ...name === 'queue' ? queue : PATH_SCHEMAS[name] }))
}

function headerParameters({ clientId, path }: Action, { dialect }: Shaping): readonly object[] {
  const isClientNeeded = dialect.clientId === 'everywhere' || (dialect.clientId === 'below_home' ? path !== '' : clientId === 'required')
  const names = [isClientNeeded ? 'ClientId' : 'OptionalClientId', dialect.project === 'required' ? 'Project' : 'OptionalProject']
  return names.map(name => ({ $ref: `#/components/parameters/${name}` }))
}

const CLIENT_ID = { name: 'Client-ID', in: 'header', description: 'Who posts or reads.', schema: { type: 'string', format: 'uuid' } } as const
const PROJECT_ID = {
  name: 'X-Project-ID', in: 'header', description: 'Whose queues, where callers are not authenticated.', schema: { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,64}$' },
} as const
const HEADERS = {
  ClientId: { ...CLIENT_ID, required: true }, OptionalClientId: { ...CLIENT_ID, required: false },
  Project: { ...PROJECT_ID, required: true }, OptionalProject: { ...PROJECT_ID, required: false },
} as const

function queryParameter({ name, description, schema, required }: Parameter): object {
  const isList = schema['type'] === 'array'
  return { name, in: 'query', required: required ?? false, description, ...isList ? { style: 'form', explode: false } : {}, schema }
}
