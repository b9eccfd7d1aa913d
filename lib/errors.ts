/**
 * The one error table. Kinds, not HTTP: `transport/http/middleware/errors.ts` maps a kind to a status. The texts are on the
 * wire and pinned by clients and test suites (api-v1.md 2.6).
 */

/** What sort of failure it is, for every transport. */
export type Kind =
  | 'invalid' | 'forbidden' | 'not_found' | 'not_acceptable' | 'conflict' | 'unsupported_media_type' | 'rate_limited' | 'too_many' | 'unavailable'

interface Entry {
  readonly kind: Kind
  /** Null where the text is all there is: it is answered as the title. */
  readonly title: string | null
  readonly text: (params: never) => string
}

const INVALID_REQUEST = { kind: 'invalid', title: 'Invalid API request' } as const
const INVALID_BODY = { kind: 'invalid', title: 'Invalid request body' } as const
const INVALID_PARAMETER = { kind: 'invalid', title: 'Invalid parameter' } as const
const NOT_FOUND = { kind: 'not_found', title: 'Not found' } as const
const UNABLE_TO_DELETE = 'Unable to delete'
const UNABLE_TO_CREATE = 'Unable to create'

/** Where a queue is looked for, for the tail of a "does not exist" text. */
interface Place {
  readonly queue: string
  /** Empty for the global namespace. */
  readonly project: string
}

function ofProject(project: string): string {
  return project === '' ? '' : ` for project ${project}`
}

const catalogue = {
  ContentTypeNotSupported: {
    kind: 'invalid', title: 'Invalid Content-Type',
    text: () => 'Content-Type application/x-www-form-urlencoded is not supported. Send application/json.',
  },
  NotAcceptable: {
    kind: 'not_acceptable', title: 'Not acceptable',
    text: () => 'The service answers application/json only; the Accept header of the request excludes it.',
  },
  EndpointNotAcceptable: {
    kind: 'not_acceptable', title: '406 Not Acceptable',
    text: () => 'Endpoint only serves application/json; the Accept header of the request excludes it.',
  },
  PathNotFound: { kind: 'not_found', title: null, text: () => '404 Not Found' },
  NotAuthorized: { kind: 'forbidden', title: 'Not authorized', text: () => 'You are not authorized to complete this action.' },
  ClientIdMalformed: { kind: 'invalid', title: 'Wrong UUID value', text: () => 'Malformed hexadecimal UUID.' },
  ClientIdMissing: { kind: 'invalid', title: 'Missing header', text: () => 'The "Client-ID" header is required.' },
  ClientIdValueMissing: { kind: 'invalid', title: 'Missing header value', text: () => 'The "Client-Id" header is required.' },
  ClientIdLength: {
    kind: 'invalid', title: null,
    text: (p: { min: number; max: number }) => `Length of client id must be at least ${p.min} and no greater than ${p.max}.`,
  },
  ProjectEmpty: {
    kind: 'invalid', title: 'Empty project header not allowed',
    text: () => 'X-PROJECT-ID cannot be an empty string. Specify the right header X-PROJECT-ID and retry.',
  },
  ProjectMissing: { kind: 'invalid', title: 'Project-Id Missing', text: () => 'The header X-PROJECT-ID was missing' },
  QueueIdentificationInvalid: {
    kind: 'invalid', title: 'Invalid queue identification',
    text: () => 'The format of the submitted queue name or project id is not valid.',
  },
  ParameterNotInteger: {
    ...INVALID_PARAMETER,
    text: (p: { name: string }) => `The "${p.name}" parameter is invalid. The value must be an integer.`,
  },
  ParameterNotBoolean: {
    ...INVALID_PARAMETER,
    text: (p: { name: string }) => `The "${p.name}" parameter is invalid. The value of the parameter must be "true" or "false".`,
  },
  WaitOutOfRange: {
    ...INVALID_PARAMETER,
    text: (p: { max: number }) => `The "wait" parameter is invalid. The value must be a number of seconds from 0 to ${p.max}.`,
  },
  ParameterMissing: { kind: 'invalid', title: 'Missing parameter', text: (p: { name: string }) => `The "${p.name}" parameter is required.` },
  FieldUnknown: { ...INVALID_PARAMETER, text: (p: { field: string; known: string }) => `The "fields" parameter is invalid. There is no ${p.field}; there are ${p.known}.` },
  BodyEmpty: { ...INVALID_BODY, text: () => 'Request body can not be empty' },
  BodyNotParsable: { ...INVALID_BODY, text: () => 'Request body could not be parsed.' },
  BodyTooDeep: { ...INVALID_BODY, text: (p: { max: number }) => `Request body could not be parsed. It is nested deeper than ${p.max} levels.` },
  BodyIncomplete: { ...INVALID_BODY, text: () => 'Request body could not be parsed. It ended before its Content-Length.' },
  BodyIntegerTooLarge: { ...INVALID_BODY, text: () => 'JSON contains integer that is too large.' },
  DocumentTypeNotSupported: { ...INVALID_BODY, text: () => 'Document type not supported.' },
  FieldMissing: { ...INVALID_BODY, text: (p: { field: string }) => `Missing "${p.field}" field.` },
  FieldNotInteger: { ...INVALID_BODY, text: (p: { field: string }) => `The value of the "${p.field}" field must be a int.` },
  PatchMediaTypeNotSupported: {
    kind: 'unsupported_media_type', title: '415 Unsupported Media Type',
    text: (p: { type: string }) => `Accepted media type for PATCH: {'Accept-Patch': '${p.type}'}.`,
  },
  PatchTooLarge: { ...INVALID_BODY, text: (p: { max: number }) => `Queue metadata is too large. Max size: ${p.max}` },
  PatchEmpty: { ...INVALID_BODY, text: () => 'PATCH body could not be empty for update.' },
  PatchInvalid: { ...INVALID_BODY, text: (p: { reason: string }) => p.reason },
  PatchConflict: {
    kind: 'conflict', title: 'Resource conflict',
    text: (p: { op: 'replace' | 'remove'; key: string }) => `Can't ${p.op} non-existent object ${p.key}.`,
  },
  QueuesLimitOutOfRange: { ...INVALID_REQUEST, text: (p: { max: number }) => `Limit must be at least 1 and no greater than ${p.max}.` },
  MessagesLimitOutOfRange: { ...INVALID_REQUEST, text: (p: { max: number }) => `Limit must be at least 1 and may not be greater than ${p.max}.` },
  MetadataTooLarge: { ...INVALID_REQUEST, text: (p: { max: number }) => `Queue metadata is too large. Max size: ${p.max}` },
  MetadataKeyReserved: {
    ...INVALID_REQUEST,
    text: () => 'Reserved queue attributes in metadata (which names start with "_") can not be set in API v1.',
  },
  AttributeInvalid: { ...INVALID_REQUEST, text: (p: { reason: string }) => p.reason },
  FilterRepeated: { ...INVALID_PARAMETER, text: (p: { name: string }) => `The "${p.name}" parameter is invalid. A filter takes one value.` },
  FilterFoundNothing: {
    ...INVALID_REQUEST,
    text: (p: { max: number; marker: string }) => `None of the ${p.max} queues that one request looks at matches. Go on with marker=${p.marker}.`,
  },
  MessagesTooLarge: { ...INVALID_REQUEST, text: (p: { max: number }) => `Message collection size is too large. Max size ${p.max}` },
  MessagesTooLargeForQueue: {
    ...INVALID_REQUEST,
    text: (p: { max: number; configured: number; queue: number }) =>
      `Message collection size is too large. The max size for current queue is ${p.max}. It is calculated by max size = `
      + `min(max_messages_post_size_config: ${p.configured}, max_messages_post_size_queue: ${p.queue}).`,
  },
  BodyTooLarge: { ...INVALID_REQUEST, text: (p: { max: number }) => `Request body is too large. Max size ${p.max}` },
  ClaimBodyTooLarge: { ...INVALID_REQUEST, text: (p: { max: number }) => `Claim request body is too large. Max size ${p.max}` },
  MessagesMissing: { ...INVALID_REQUEST, text: () => 'No messages to enqueu.' },
  MessageTtlOutOfRange: {
    ...INVALID_REQUEST,
    text: (p: { min: number; max: number }) => `The TTL for a message may not exceed ${p.max} seconds, and must be at least ${p.min} seconds long.`,
  },
  MessageDelayOutOfRange: {
    ...INVALID_REQUEST,
    text: (p: { max: number }) => `The Delay TTL for a message may not exceed ${p.max} seconds,and must be at least 0 seconds long.`,
  },
  MessagesMemberMissing: { ...INVALID_REQUEST, text: () => 'No messages were found in the request body.' },
  IdsAndPopMissing: {
    ...INVALID_REQUEST, text: () => 'The request should have either "ids" or "pop" parameter in the request, to be able to delete.',
  },
  IdsAndPopGiven: { ...INVALID_REQUEST, text: () => 'pop and id params cannot be present together in the delete request.' },
  IdsCountOutOfRange: { ...INVALID_REQUEST, text: (p: { max: number }) => `ids parameter should have at least 1 and not greater than ${p.max} values.` },
  PopOutOfRange: { ...INVALID_REQUEST, text: (p: { max: number }) => `Pop value must be at least 1 and may not be greater than ${p.max}.` },
  ClaimIdsMissing: {
    ...INVALID_REQUEST,
    text: () => 'The request should have both "ids" and "claim_ids" parameter in the request when message_delete_with_claim_id is True.',
  },
  ResourceTypesMissing: { ...INVALID_REQUEST, text: () => 'Post body must contain key "resource_types".' },
  ResourceTypesUnknown: { ...INVALID_REQUEST, text: (p: { known: string }) => `Resource types must be a sub set of {${p.known}}.` },
  ShareInvalid: { ...INVALID_REQUEST, text: (p: { reason: string }) => p.reason },
  ClaimTtlOutOfRange: {
    ...INVALID_REQUEST,
    text: (p: { min: number; max: number }) => `The TTL for a claim may not exceed ${p.max} seconds, and must be at least ${p.min} seconds long.`,
  },
  ClaimGraceOutOfRange: {
    ...INVALID_REQUEST,
    text: (p: { min: number; max: number }) => `The grace for a claim may not exceed ${p.max} seconds, and must be at least ${p.min} seconds long.`,
  },
  QueueDoesNotExist: { ...NOT_FOUND, text: (p: Place) => `Queue ${p.queue} does not exist${ofProject(p.project)}` },
  MessageDoesNotExist: {
    ...NOT_FOUND,
    text: (p: Place & { message: string }) => `Message ${p.message} does not exist in queue ${p.queue}${ofProject(p.project)}`,
  },
  MessagesDoNotExist: {
    ...NOT_FOUND,
    text: (p: Place & { messages: string }) => `No messages with IDs: [${p.messages}] found in the queue ${p.queue}${ofProject(p.project)}.`,
  },
  ClaimDoesNotExist: {
    ...NOT_FOUND,
    text: (p: Place & { claim: string }) => `Claim ${p.claim} does not exist in queue ${p.queue}${ofProject(p.project)}`,
  },
  MessageClaimed: {
    kind: 'forbidden', title: UNABLE_TO_DELETE,
    text: () => 'This message is claimed; it cannot be deleted without a valid claim ID.',
  },
  MessageNotClaimed: {
    kind: 'invalid', title: UNABLE_TO_DELETE,
    text: () => 'A claim was specified, but the message is not currently claimed.',
  },
  ClaimIdsMismatch: {
    kind: 'invalid', title: UNABLE_TO_DELETE,
    text: (p: { claim: string }) => `The claim ${p.claim} in "claim_ids" holds none of the messages in "ids".`,
  },
  ClaimLapsed: { kind: 'invalid', title: UNABLE_TO_DELETE, text: () => 'The specified claim does not exist or has expired.' },
  QuotaExceeded: {
    kind: 'forbidden', title: 'Quota exceeded',
    text: (p: { quota: 'queues' | 'messages' | 'bytes'; limit: number; used: number }) => `The project may keep at most ${p.limit} ${p.quota}; it keeps ${p.used}.`,
  },
  RateExceeded: {
    kind: 'rate_limited', title: 'Rate limit exceeded',
    text: (p: { rate: number; seconds: number }) =>
      `The project may make ${p.rate} ${p.rate === 1 ? 'request' : 'requests'} a second. Please try again in ${p.seconds} ${p.seconds === 1 ? 'second' : 'seconds'}.`,
  },
  TooManyWaits: {
    kind: 'too_many', title: 'Too many waits',
    text: (p: { limit: number; whose: 'project' | 'server process' }) =>
      `At most ${p.limit} ${p.limit === 1 ? 'request' : 'requests'} of one ${p.whose} may wait at once. Please try again later, or without "wait".`,
  },
  PoolDoesNotExist: { ...NOT_FOUND, text: (p: { pool: string }) => `Pool ${p.pool} does not exist` },
  PoolNameInvalid: { ...INVALID_REQUEST, text: (p: { max: number }) => `The name must have 1 to ${p.max} characters, none of them a slash or a control character.` },
  PoolNotParsable: { ...INVALID_BODY, text: () => 'JSON could not be parsed.' },
  PoolMemberUnknown: { ...INVALID_BODY, text: (p: { field: string; known: string }) => `There is no member "${p.field}"; there are ${p.known}.` },
  PoolMemberInvalid: { ...INVALID_BODY, text: (p: { field: string; expected: string }) => `The value of the "${p.field}" field must be ${p.expected}.` },
  PoolUnchanged: { ...INVALID_BODY, text: (p: { known: string }) => `One of ${p.known} needs to be specified` },
  PoolUnreachable: { ...INVALID_BODY, text: (p: { uri: string }) => `cannot connect to ${p.uri}` },
  PoolUriTaken: { kind: 'conflict', title: 'Resource conflict', text: () => 'The database URI is in use by another pool.' },
  ShardUriTaken: { ...INVALID_BODY, text: () => 'The database URI is in use by another shard.' },
  PoolCapabilitiesDiffer: {
    kind: 'invalid', title: 'Unable to create pool',
    text: (p: { group: string }) => `The other pools of ${p.group} have other capabilities.`,
  },
  PoolUsedByFlavors: {
    kind: 'forbidden', title: UNABLE_TO_DELETE,
    text: (p: { flavors: string }) => `This pool is used by flavors ${p.flavors}; It cannot be deleted.`,
  },
  PoolHoldsQueues: {
    kind: 'forbidden', title: UNABLE_TO_DELETE,
    text: (p: { queues: number }) => `This pool holds ${p.queues} ${p.queues === 1 ? 'queue' : 'queues'}; drain it first.`,
  },
  FlavorDoesNotExist: { ...NOT_FOUND, text: (p: { flavor: string }) => `Flavor ${p.flavor} does not exist` },
  FlavorUnknown: { ...INVALID_REQUEST, text: (p: { flavor: string }) => `Flavor ${p.flavor} does not exist` },
  FlavorWithoutPools: { kind: 'invalid', title: 'Unable to create', text: () => 'Bad Request' },
  FlavorGroupEmpty: {
    kind: 'invalid', title: UNABLE_TO_CREATE,
    text: (p: { flavor: string; group: string }) => `Flavor ${p.flavor} could not be created, error:Pool group ${p.group} does not exist`,
  },
  FlavorPoolUnknown: {
    kind: 'invalid', title: UNABLE_TO_CREATE,
    text: (p: { flavor: string; pool: string }) => `Flavor ${p.flavor} could not be created, error:Pool ${p.pool} does not exist`,
  },
  StorageUnavailable: {
    kind: 'unavailable', title: 'Service temporarily unavailable',
    text: (p: { reason: string }) => p.reason,
  },
} as const satisfies Record<string, Entry>

/** The name of an error: the key of its row. */
export type ErrorName = keyof typeof catalogue

type Params<Name extends ErrorName> = Parameters<(typeof catalogue)[Name]['text']>

/** Every row by name, for documentation and tests. */
export const ERRORS: Readonly<Record<ErrorName, { readonly kind: Kind; readonly title: string | null }>> = catalogue

/** A failure that the service has a row for. Anything else that is thrown is a defect. */
export class MarconiError extends Error {
  override readonly name: ErrorName
  readonly kind: Kind
  readonly title: string | null

  constructor(name: ErrorName, text: string, options?: ErrorOptions) {
    super(text, options)
    this.name = name
    this.kind = catalogue[name].kind
    this.title = catalogue[name].title
  }
}

/** Makes the error of a row: `throw fail('QueueDoesNotExist', { queue, project })`. A wrong parameter does not compile. */
export function fail<Name extends ErrorName>(name: Name, ...params: Params<Name>): MarconiError {
  const text = catalogue[name].text as (...given: unknown[]) => string
  return new MarconiError(name, text(...params))
}

/** Wraps a backend's own failure; `reason` says what was being done and goes to the log, not to the client. */
export function storageUnavailable(reason: string, cause: unknown): MarconiError {
  return new MarconiError('StorageUnavailable', reason, { cause })
}
