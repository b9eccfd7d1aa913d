/** What of a request the route table tells: the variables of its path, its headers, who may send it. */
import { MAX_NAME_LENGTH } from '../../../model/pool.ts'
import { DOTTED_QUEUE_NAME, MAX_PROJECT_LENGTH, QUEUE_NAME } from '../../../model/names.ts'
import type { Dialect } from '../dialects.ts'
import { clientIdIsNeeded } from '../endpoint.ts'
import { SHARED_PATHS, shareQueue } from '../handlers/share.ts'
import { ACTIONS, type Action, type Verb } from '../routes.ts'
import type { Terms } from './description.ts'
import * as story from './examples.ts'
import type { Schema } from './schema.ts'
import type { Parameter, SecurityRequirement } from './specification.ts'

/** A path as OpenAPI writes it. */
export function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}')
}

/** What a variable of a path stands for. */
interface Variable {
  readonly description: string
  readonly example: string
  readonly schema: (terms: Terms, verb: Verb) => Schema
}

/** An id: what cannot be one names nothing, and is no mistake. */
const opaque = (): Schema => ({ type: 'string', minLength: 1 })

/** Of a pool or a flavor: one that none can have names none, but where one is made. */
const poolName = (_: Terms, verb: Verb): Schema => verb !== 'PUT' ? opaque() : ({ type: 'string', maxLength: MAX_NAME_LENGTH, pattern: '^[^/\\u0000-\\u001f\\u007f]+$' })

const VARIABLES: Readonly<Record<string, Variable>> = {
  queue: { description: 'The name of the queue.', example: story.QUEUE, schema: ({ dialect }) => queueName(dialect) },
  message: { description: 'The id of the message.', example: story.MESSAGE, schema: opaque },
  claim: { description: 'The id of the claim.', example: story.CLAIM, schema: opaque },
  pool: { description: 'The name of the pool.', example: story.POOL, schema: poolName },
  flavor: { description: 'The name of the flavor.', example: story.FLAVOR, schema: poolName },
  project: { description: 'The id of the project.', example: story.PROJECT, schema: () => ({ type: 'string', minLength: 1, maxLength: MAX_PROJECT_LENGTH }) },
}

/** Names of newer versions may hold dots, but must not be what addresses take for a folder. */
function queueName({ readQueueName }: Dialect): Schema {
  return readQueueName('a.b') === null
    ? { type: 'string', pattern: QUEUE_NAME.source }
    : { type: 'string', pattern: DOTTED_QUEUE_NAME.source, not: { enum: ['.', '..'] } }
}

/** The variables of a path. */
export function pathParameters(terms: Terms, { path, verb }: Action): readonly Parameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const variable = VARIABLES[name]
    if (variable === undefined) throw new Error(`nobody describes the variable ${name} of ${path}`)
    const { description, example, schema } = variable
    return { name, in: 'path', description, required: true, schema: schema(terms, verb), example }
  })
}

/** Any spelling of a UUID. */
const UUID = '^([Uu][Rr][Nn]:[Uu][Uu][Ii][Dd]:)?[{}-]*([0-9A-Fa-f][{}-]*){32}$'

/** The headers of a request. One that not all of the actions need can be left out. */
export function headerParameters({ dialect, limits }: Terms, actions: readonly Action[], isAuthenticated: boolean): readonly Parameter[] {
  const isFree = dialect.clientIdForm === 'configured' && limits.client_id_uuid_safe === 'off'
  const client: Schema = isFree
    ? { type: 'string', minLength: limits.min_length_client_id, maxLength: limits.max_length_client_id }
    : { type: 'string', pattern: UUID }
  const isOfQueue = actions.some(({ path }) => path.includes('/:queue'))
  const isClientNeeded = actions.every(({ path, clientId }) => clientId === 'required' || clientIdIsNeeded(path, dialect))
  return [
    {
      name: 'Client-ID', in: 'header', required: isClientNeeded, schema: client, example: story.CLIENT,
      description: isFree ? 'Who asks.' : 'Who asks: a UUID, in any spelling.',
    },
    {
      name: 'X-Project-ID', in: 'header', required: dialect.project === 'required' && !isAuthenticated, example: story.PROJECT,
      schema: { type: 'string', minLength: 1, ...isOfQueue ? { maxLength: MAX_PROJECT_LENGTH } : {} },
      description: `Whose queues. ${dialect.project === 'required' ? '' : 'Without it: those of no project. '}Where a token is asked for, it says whose, and this header is passed over.`,
    },
  ]
}

const TOKEN = 'token'
const SIGNED: SecurityRequirement = { signature: [], signedExpiry: [], signedMethods: [], signedPaths: [] }

/** What lets a request in. */
export const SECURITY_SCHEMES = {
  [TOKEN]: { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'A token of Keystone, scoped to a project; where the service is run with Keystone.' },
  signature: { type: 'apiKey', in: 'header', name: 'URL-Signature', description: 'The `signature` of a pre-signed URL.' },
  signedExpiry: { type: 'apiKey', in: 'header', name: 'URL-Expires', description: 'Its `expires`.' },
  signedMethods: { type: 'apiKey', in: 'header', name: 'URL-Methods', description: 'Its `methods`, separated by commas.' },
  signedPaths: { type: 'apiKey', in: 'header', name: 'URL-Paths', description: 'Its `paths`, separated by commas.' },
} as const

/** What an action asks for, in a service that authenticates its callers or does not. */
export function securityOf({ dialect }: Pick<Terms, 'dialect'>, { path }: Action, isAuthenticated: boolean): readonly SecurityRequirement[] {
  const canShare = ACTIONS[dialect.id].some(({ run }) => run === shareQueue)
  const isShared = canShare && SHARED_PATHS.some(shared => path.startsWith(`/queues/:queue/${shared}`))
  return [...isAuthenticated ? [] : [{}], { [TOKEN]: [] }, ...isShared ? [SIGNED] : []]
}
