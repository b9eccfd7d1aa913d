/**
 * How the API versions differ, as data. A handler takes everything that depends on the version from here, so a new version is a
 * new value.
 */
import { fail, type ErrorName } from '../../errors.ts'
import type { JsonNode } from '../../model/json.ts'
import type { Limits } from '../../model/limits.ts'
import type { Seconds } from '../../model/message.ts'
import { parseDottedQueueName, parseQueueName, type QueueName } from '../../model/names.ts'

/** The name of an API version, as it stands in the version list. */
export type DialectId = '1' | '1.1' | '2'

/** What a member of a request's document is when it is left out; null where it may not be. */
export interface Defaults {
  readonly messageTtl: Seconds | null
  readonly claimTtl: Seconds | null
  readonly claimGrace: Seconds | null
  readonly renewalGrace: Seconds | null
}

/** The names of errors that say the same in every version, in the words of this one. */
export interface Wording {
  readonly notAcceptable: ErrorName & ('NotAcceptable' | 'EndpointNotAcceptable')
  readonly clientIdMissing: ErrorName & ('ClientIdMissing' | 'ClientIdValueMissing')
  readonly bodyEmpty: ErrorName & ('BodyEmpty' | 'BodyNotParsable')
}

/** One API version. */
export interface Dialect {
  readonly id: DialectId
  /** What its paths begin with. */
  readonly prefix: string
  /** Whether `/queues/` is another path than `/queues` (decisions 15). */
  readonly strictPaths: boolean
  /** What answers to unknown paths and methods hold. */
  readonly routingErrors: 'nothing' | 'title'
  readonly wording: Wording

  /** Who must name itself: whoever does what the route table marks, whoever goes below the home document, everybody. */
  readonly clientId: 'by_action' | 'below_home' | 'everywhere'
  /** Whether a Client-ID is always a UUID, or may be what the configuration allows. */
  readonly clientIdForm: 'uuid' | 'configured'
  readonly project: 'optional' | 'required'
  /** What becomes of a form that says it has no body. */
  readonly emptyForm: 'passes' | 'refused'
  /** The words for yes and no beside those of every version. */
  readonly shortBooleans: 'refused' | 'allowed'
  readonly readQueueName: (text: string) => QueueName | null

  /** Whether a queue that does not exist acts as an empty one, and a post creates it. */
  readonly lazyQueues: boolean
  /** What a body does that comes along when a queue is created. */
  readonly newQueueBody: 'ignored' | 'metadata'
  /** Whether queue attributes that start with `_` do what they say, and are shown with their defaults. */
  readonly attributes: 'without_effect' | 'in_effect'
  readonly defaults: (limits: Limits) => Defaults
  /** Whether a missing or empty body of a claim is one that leaves everything out. */
  readonly claimBody: 'required' | 'optional'
  /** Whether a bulk delete may ask for the oldest messages in place of ids. */
  readonly hasPop: boolean
  /** How many levels of a posted document `readMessages` and the members of a message take. */
  readonly postLevels: number
  /** Takes the messages out of a posted document. */
  readonly readMessages: (document: JsonNode) => readonly JsonNode[]

  /** Whether answers name the resource they show in a `content-location` header. */
  readonly contentLocation: boolean
  /** Whether the empty answer to the creation of a queue calls itself JSON. */
  readonly createdType: 'none' | 'json'
  /** The status of a page with nothing in it; a 204 has no body. */
  readonly emptyPage: 200 | 204
  /** What a request for messages by their ids answers when there are none. */
  readonly noneFound: 204 | 404
  /** Where the marker stands among the parameters of the next link, if one had been given; else it is the last. */
  readonly markerPlace: 'first' | 'last'
  /** The members of a message: the old four, those with `id`, or whatever `fields` asks for besides. */
  readonly messageMembers: 'four' | 'with_id' | 'with_fields'
  /** Whether a bulk answer is a bare array; else it is an object with `messages`. */
  readonly bareLists: boolean
  /** Shows what became of a post. `list` is the references of its messages as JSON strings with commas between. */
  readonly showPosted: (list: string) => string
}

function readBareArray(document: JsonNode): readonly JsonNode[] {
  if (document.kind === 'array') return document.elements
  throw fail(document.kind === 'object' ? 'DocumentTypeNotSupported' : 'BodyNotParsable')
}

function readMember(document: JsonNode): readonly JsonNode[] {
  if (document.kind !== 'object' && document.kind !== 'array') throw fail('BodyNotParsable')
  const messages = document.kind === 'object' ? document.members.get('messages') : undefined
  if (messages === undefined) throw fail('MessagesMemberMissing')
  if (messages.kind !== 'array') throw fail('DocumentTypeNotSupported')
  return messages.elements
}

const V1: Dialect = {
  id: '1',
  prefix: '/v1',
  strictPaths: false,
  routingErrors: 'nothing',
  wording: { notAcceptable: 'NotAcceptable', clientIdMissing: 'ClientIdMissing', bodyEmpty: 'BodyEmpty' },
  clientId: 'by_action',
  clientIdForm: 'uuid',
  project: 'optional',
  emptyForm: 'passes',
  shortBooleans: 'refused',
  readQueueName: parseQueueName,
  lazyQueues: false,
  newQueueBody: 'ignored',
  attributes: 'without_effect',
  defaults: () => ({ messageTtl: null, claimTtl: null, claimGrace: null, renewalGrace: 0 }),
  claimBody: 'required',
  hasPop: false,
  postLevels: 2,
  readMessages: readBareArray,
  contentLocation: true,
  createdType: 'none',
  emptyPage: 204,
  noneFound: 204,
  markerPlace: 'last',
  messageMembers: 'four',
  bareLists: true,
  showPosted: list => `{"resources":[${list}],"partial":false}`,
}

/** Defaults of the configuration. A maximum that was lowered lowers them too. */
function configuredDefaults(limits: Limits): Defaults {
  const claimGrace = Math.min(limits.default_claim_grace, limits.max_claim_grace)
  return {
    messageTtl: Math.min(limits.default_message_ttl, limits.max_message_ttl),
    claimTtl: Math.min(limits.default_claim_ttl, limits.max_claim_ttl),
    claimGrace,
    renewalGrace: claimGrace,
  }
}

const V1_1: Dialect = {
  ...V1,
  id: '1.1',
  prefix: '/v1.1',
  clientId: 'below_home',
  clientIdForm: 'configured',
  project: 'required',
  lazyQueues: true,
  newQueueBody: 'metadata',
  defaults: configuredDefaults,
  claimBody: 'optional',
  hasPop: true,
  postLevels: 3,
  readMessages: readMember,
  contentLocation: false,
  emptyPage: 200,
  noneFound: 404,
  messageMembers: 'with_id',
  bareLists: false,
  showPosted: list => `{"resources":[${list}]}`,
}

const V2: Dialect = {
  ...V1_1,
  id: '2',
  prefix: '/v2',
  strictPaths: true,
  routingErrors: 'title',
  wording: { notAcceptable: 'EndpointNotAcceptable', clientIdMissing: 'ClientIdValueMissing', bodyEmpty: 'BodyNotParsable' },
  clientId: 'everywhere',
  emptyForm: 'refused',
  shortBooleans: 'allowed',
  readQueueName: parseDottedQueueName,
  attributes: 'in_effect',
  createdType: 'json',
  markerPlace: 'first',
  messageMembers: 'with_fields',
}

/** The API versions that are implemented, oldest first. */
export const DIALECTS: readonly Dialect[] = [V1, V1_1, V2]

/** How our own paths speak that are under no version: as the version that asks for the fewest headers. */
export const UNVERSIONED: Dialect = V1

/** Whether a name is that of an implemented API version. */
export function isDialectId(id: string): id is DialectId {
  return DIALECTS.some(dialect => dialect.id === id)
}
