/** The patches of a queue's metadata: JSON Patch with three operations on single members (api-v2.md 4.4). */
import { fail } from '../errors.ts'
import { SHOWN_ATTRIBUTES } from './attributes.ts'
import { joinMembers, memberSpans, printString, type JsonNode, type JsonText, type MemberSpan } from './json.ts'

/** The media type of a patch. It takes no parameters. */
export const PATCH_TYPE = 'application/openstack-messaging-v2.0-json-patch'

/** One change of one member. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly key: string; readonly value: JsonNode }
  | { readonly op: 'remove'; readonly key: string }

const ESCAPES: Readonly<Record<string, string>> = { '~0': '~', '~1': '/' }

/** Reads a patch that is opened three levels deep. */
export function readPatch(document: JsonNode): readonly PatchOperation[] {
  if (document.kind === 'object') throw fail('DocumentTypeNotSupported')
  if (document.kind !== 'array') throw fail('BodyNotParsable')
  return document.elements.map(readOperation)
}

function readOperation(node: JsonNode): PatchOperation {
  if (node.kind !== 'object') throw refuse('Operations must be JSON objects.')
  const op = textOf(node.members.get('op'), 'op')
  if (op !== 'add' && op !== 'remove' && op !== 'replace') throw refuse(`Invalid operation: \`${op}\`. It must be one of the following: add, remove, replace.`)
  const key = keyOf(textOf(node.members.get('path'), 'path'))
  if (op === 'remove') return { op, key }
  const value = node.members.get('value')
  if (value === undefined) throw refuse(`Operation "${op}" requires a member named "value".`)
  return { op, key, value }
}

function textOf(node: JsonNode | undefined, name: string): string {
  if (node?.kind !== 'string') throw refuse(`Operations must have a member named "${name}" which is a string.`)
  return JSON.parse(node.text) as string
}

/** The member that a JSON pointer of two tokens names; the first of them is `metadata`, in any letter case. */
function keyOf(path: string): string {
  const [start, ...tokens] = path.split('/')
  if (start !== '') throw refuse(`Invalid JSON pointer: \`${path}\` must start with "/".`)
  const [document, key, ...rest] = tokens.map(token => unescape(token.trim(), path))
  if (document?.toLowerCase() !== 'metadata' || key === undefined || key === '' || rest.length > 0) {
    throw refuse(`Invalid JSON pointer: \`${path}\` must be "/metadata/" and the name of one member.`)
  }
  return key
}

function unescape(token: string, path: string): string {
  return token.replace(/~.?/gs, escape => {
    const meant = ESCAPES[escape]
    if (meant === undefined) throw refuse(`Invalid JSON pointer: \`${path}\` has a "~" that is followed by neither 0 nor 1.`)
    return meant
  })
}

function refuse(reason: string): Error {
  return fail('PatchInvalid', { reason })
}

/**
 * Metadata with all operations carried out in order; every member that none of them names stays as it came. Throws a
 * `PatchConflict` if one of them cannot be.
 */
export function applyPatch(metadata: JsonText, operations: readonly PatchOperation[]): JsonText {
  const patched = operations.reduce<readonly MemberSpan[]>(applyOne, memberSpans(metadata))
  return joinMembers(patched)
}

function applyOne(members: readonly MemberSpan[], operation: PatchOperation): readonly MemberSpan[] {
  const { op, key } = operation
  const at = members.findIndex(member => member.key === key)
  if (op !== 'add' && at === -1 && !SHOWN_ATTRIBUTES.has(key)) throw fail('PatchConflict', { op, key })
  if (op === 'remove') return members.filter(member => member.key !== key)
  const member: MemberSpan = { key, keyText: members[at]?.keyText ?? printString(key), value: operation.value }
  // Of duplicate keys there is one left.
  return at === -1 ? [...members, member] : members.map((each, index) => index === at ? member : each).filter(each => each.key !== key || each === member)
}
