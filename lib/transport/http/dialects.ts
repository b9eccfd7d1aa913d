/**
 * How the API versions differ, as data. A handler takes everything that depends on the version from here, so a new version is a
 * new value.
 */
import { fail } from '../../errors.ts'
import type { JsonNode } from '../../model/json.ts'
import { ageOf, type Message, type Seconds } from '../../model/message.ts'
import type { Instant } from '../../clock.ts'

/** The name of an API version, as it stands in the version list. */
export type DialectId = '1'

/** What a member of a request's document is when it is left out; null where it may not be. */
export interface Defaults {
  readonly messageTtl: Seconds | null
  readonly claimTtl: Seconds | null
  readonly claimGrace: Seconds | null
  readonly renewalGrace: Seconds | null
}

/** One API version. */
export interface Dialect {
  readonly id: DialectId
  /** What its paths begin with. */
  readonly prefix: string
  /** Whether `/queues/` is another path than `/queues` (decisions 15). */
  readonly strictPaths: boolean
  /** Whether answers name the resource they show in a `content-location` header. */
  readonly contentLocation: boolean
  /** The status of a page or a bulk answer with nothing in it; a 204 has no body. */
  readonly emptyPage: 200 | 204
  /** Whether queue attributes that start with `_` may be set. */
  readonly reservedAttributes: 'refused' | 'allowed'
  readonly defaults: Defaults
  /** How many levels of a posted document `readMessages` and the members of a message take. */
  readonly postLevels: number
  /** Takes the messages out of a posted document. */
  readonly readMessages: (document: JsonNode) => readonly JsonNode[]
  /** Shows one message under its reference. */
  readonly showMessage: (href: string, message: Message, now: Instant) => string
  /** Shows messages outside a listing: found by their ids, or claimed. `list` is their texts with commas between. */
  readonly showMessages: (list: string) => string
  /** Shows what became of a post. `list` is the references of its messages as JSON strings with commas between. */
  readonly showPosted: (list: string) => string
}

function readBareArray(document: JsonNode): readonly JsonNode[] {
  if (document.kind === 'array') return document.elements
  throw fail(document.kind === 'object' ? 'DocumentTypeNotSupported' : 'BodyNotParsable')
}

/** Exactly four members: the client library hands them on as keyword arguments and fails on any other. */
function showFourMembers(href: string, message: Message, now: Instant): string {
  return `{"href":"${href}","ttl":${message.ttl},"age":${ageOf(message.created, now)},"body":${message.body}}`
}

const V1: Dialect = {
  id: '1',
  prefix: '/v1',
  strictPaths: false,
  contentLocation: true,
  emptyPage: 204,
  reservedAttributes: 'refused',
  defaults: { messageTtl: null, claimTtl: null, claimGrace: null, renewalGrace: 0 },
  postLevels: 2,
  readMessages: readBareArray,
  showMessage: showFourMembers,
  showMessages: list => `[${list}]`,
  showPosted: list => `{"resources":[${list}],"partial":false}`,
}

/** The API versions that are implemented, oldest first. */
export const DIALECTS: readonly Dialect[] = [V1]

/** Whether a name is that of an implemented API version. */
export function isDialectId(id: string): id is DialectId {
  return DIALECTS.some(dialect => dialect.id === id)
}
