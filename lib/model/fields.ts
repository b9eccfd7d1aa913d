/** The members of a request's document (api-v1.md 2.7). */
import { fail } from '../errors.ts'
import type { JsonNode } from './json.ts'

/** A document that is an object, opened one level. */
export type ObjectNode = Extract<JsonNode, { kind: 'object' }>

/** Takes a whole document for an object. A lone scalar counts as no document at all. */
export function asDocument(node: JsonNode): ObjectNode {
  if (node.kind === 'object') return node
  throw fail(node.kind === 'array' ? 'DocumentTypeNotSupported' : 'BodyNotParsable')
}

/** Takes an element of a document for an object. */
export function asObject(node: JsonNode): ObjectNode {
  if (node.kind !== 'object') throw fail('DocumentTypeNotSupported')
  return node
}

/** A member of any type. It must be there. */
export function readAny(node: ObjectNode, field: string): JsonNode {
  const member = node.members.get(field)
  if (member === undefined) throw fail('FieldMissing', { field })
  return member
}

/** A member that is a JSON integer. An explicit null is not an absent member; without a default the member must be there. */
export function readInteger(node: Pick<ObjectNode, 'members'>, field: string, byDefault: number | null): number {
  const member = node.members.get(field)
  if (member === undefined) {
    if (byDefault === null) throw fail('FieldMissing', { field })
    return byDefault
  }
  if (member.kind !== 'integer') throw fail('FieldNotInteger', { field })
  return Number(member.text)
}
