/**
 * Identifiers, branded so that a raw string cannot pass for one. Only the parsers of this file make them.
 */

declare const brand: unique symbol

/** A value of type `Base` that only the parser of `Name` hands out. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }

/** Whose queues: a Keystone project id, or `GLOBAL_PROJECT`. */
export type Project = Brand<string, 'Project'>
/** A queue's name within its project. */
export type QueueName = Brand<string, 'QueueName'>
/** Who posts or reads: the request's Client-ID in one canonical spelling. */
export type ClientId = Brand<string, 'ClientId'>
/** 24 lower-case hexadecimal digits: 8 of the queue's epoch, 16 of the message's sequence number. */
export type MessageId = Brand<string, 'MessageId'>
/** 24 lower-case hexadecimal digits, random. */
export type ClaimId = Brand<string, 'ClaimId'>
/** One incarnation of a queue, an unsigned 32-bit number: a queue deleted and created again has another. */
export type Epoch = Brand<number, 'Epoch'>
/** A message's position in its queue, from 1, strictly increasing. */
export type Sequence = Brand<number, 'Sequence'>

/** The namespace of requests without a project. It exists only while authentication is off. */
export const GLOBAL_PROJECT = '' as Project

/** Before the first message of any queue. */
export const START = 0 as Sequence

/** After the last message of any queue. */
export const END = Number.MAX_SAFE_INTEGER as Sequence

/** The longest project id, in characters. */
export const MAX_PROJECT_LENGTH = 256

/** The form of a queue name of v1 and v1.1. */
export const QUEUE_NAME = /^[a-zA-Z0-9_-]{1,64}$/
/** The form of a queue name of v2, but for `.` and `..`. */
export const DOTTED_QUEUE_NAME = /^[a-zA-Z0-9_.-]{1,64}$/
const FOLDERS: ReadonlySet<string> = new Set(['.', '..'])
const HEX_24 = /^[0-9a-f]{24}$/i
const HEX_32 = /^[0-9a-f]{32}$/
const DIGITS = /^[0-9]+$/

/** Reads a project id: 1 to 256 characters of any kind (api-v1.md 2.4). Null if it is none. */
export function parseProject(text: string): Project | null {
  return text.length > 0 && text.length <= MAX_PROJECT_LENGTH ? (text as Project) : null
}

/** Reads a queue name of v1 and v1.1: 1 to 64 of `a-zA-Z0-9_-`. Null if it is none. */
export function parseQueueName(text: string): QueueName | null {
  return QUEUE_NAME.test(text) ? (text as QueueName) : null
}

/**
 * Reads a queue name of v2, which may hold dots. Not `.` and `..`: clients and proxies take these out of addresses. Null if it is
 * none.
 */
export function parseDottedQueueName(text: string): QueueName | null {
  return DOTTED_QUEUE_NAME.test(text) && !FOLDERS.has(text) ? (text as QueueName) : null
}

/**
 * Reads a Client-ID as a UUID in any of its spellings: `urn:uuid:` before it, braces around it, hyphens anywhere, either
 * letter case (api-v1.md 2.4). Two spellings of one UUID give the same client. Null if it is none.
 */
export function parseClientId(text: string): ClientId | null {
  const digits = text.toLowerCase().replace(/^urn:uuid:/, '').replace(/[{}-]/g, '')
  return HEX_32.test(digits) ? (digits as ClientId) : null
}

/**
 * Reads a Client-ID of any text of so many characters (api-v2.md 1.1). A UUID is the same client in every spelling here as well, so
 * that it is one in all API versions. Null if it is none.
 */
export function parseFreeClientId(text: string, min: number, max: number): ClientId | null {
  return text.length < min || text.length > max ? null : parseClientId(text) ?? (text as ClientId)
}

/** Reads a message id; null for what cannot be one. */
export function parseMessageId(text: string): MessageId | null {
  return HEX_24.test(text) ? (text.toLowerCase() as MessageId) : null
}

/** Reads the ids of a bulk request: those that can be ids at all, each once. */
export function parseMessageIds(texts: readonly string[]): readonly MessageId[] {
  return [...new Set(texts.map(parseMessageId))].filter(id => id !== null)
}

/** Makes a claim id of 12 random bytes. */
export function newClaimId(random: Uint8Array): ClaimId {
  return Buffer.from(random).toString('hex') as ClaimId
}

/** Reads a claim id; null for what cannot be one. */
export function parseClaimId(text: string): ClaimId | null {
  return HEX_24.test(text) ? (text.toLowerCase() as ClaimId) : null
}

/** The id of the message at a position of a queue. */
export function messageIdOf(epoch: Epoch, sequence: Sequence): MessageId {
  return (hex(epoch, 8) + hex(sequence, 16)) as MessageId
}

const ZEROS = '0000000000000000'

function hex(value: number, digits: number): string {
  const text = value.toString(16)
  return text.length >= digits ? text : ZEROS.slice(0, digits - text.length) + text
}

/** The position a message id names, or null if the id is not of this incarnation of the queue. */
export function sequenceOf(epoch: Epoch, id: MessageId): Sequence | null {
  if (Number.parseInt(id.slice(0, 8), 16) !== epoch) return null
  const sequence = Number.parseInt(id.slice(8), 16)
  return Number.isSafeInteger(sequence) ? (sequence as Sequence) : null
}

/**
 * Reads a paging marker: a sequence number in decimal digits, or the id of a message of this queue (decisions 2).
 * Null if it is neither, which lists nothing (api-v1.md 6).
 */
export function parseMarker(epoch: Epoch, text: string): Sequence | null {
  const id = parseMessageId(text)
  if (id !== null) return sequenceOf(epoch, id)
  if (!DIGITS.test(text)) return null
  const sequence = Number(text)
  return Number.isSafeInteger(sequence) ? (sequence as Sequence) : END
}
