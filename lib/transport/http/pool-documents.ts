/** The documents that describe pools (api-v1.md 10). */
import { fail, MarconiError } from '../../errors.ts'
import type { ObjectNode } from '../../model/fields.ts'
import { EMPTY_OBJECT, type JsonNode } from '../../model/json.ts'
import type { Limits } from '../../model/limits.ts'
import { MAX_URI_LENGTH, MAX_WEIGHT, parseGroup } from '../../model/pool.ts'
import type { PoolSetting } from '../../service/pools.ts'
import { boundOf, readDocument } from './body.ts'
import type { PoolForm } from './pool-forms.ts'
import type { Context } from './state.ts'

/** An address has a scheme: what a driver makes of the rest is its business. */
const URI = /^[a-z][a-z0-9+.-]*:\/\/./i
const NOT_PARSABLE: ReadonlySet<string> = new Set(['BodyEmpty', 'BodyNotParsable', 'BodyIncomplete'])

/** Reads the whole description of a pool: no member may be left out but the optional ones, and there may be no other. */
export async function readPool(ctx: Context, limits: Limits, form: PoolForm): Promise<PoolSetting> {
  const node = await readAdminObject(ctx, limits)
  const known = ['uri', 'weight', 'options', ...form.groupMembers]
  for (const field of node.members.keys()) if (!known.includes(field)) throw fail('PoolMemberUnknown', { field, known: known.join(', ') })
  const { uri, weight, options = EMPTY_OBJECT, group = null } = readMembers(node, form)
  if (uri === undefined) throw fail('FieldMissing', { field: 'uri' })
  if (weight === undefined) throw fail('FieldMissing', { field: 'weight' })
  return { uri, weight, options, group }
}

/** Reads what of a pool is to be changed: one member at least. Members that it does not know are passed over. */
export async function readPoolChange(ctx: Context, limits: Limits, form: PoolForm): Promise<Partial<PoolSetting>> {
  const change = readMembers(await readAdminObject(ctx, limits), form)
  if (Object.keys(change).length === 0) throw fail('PoolUnchanged', { known: form.changeable })
  return change
}

/** Reads a document of an administrator: an object, opened two levels. */
export async function readAdminObject(ctx: Context, limits: Limits): Promise<ObjectNode> {
  let node: JsonNode
  try {
    node = await readDocument(ctx, boundOf('pool', limits), 2)
  } catch (error) {
    throw error instanceof MarconiError && NOT_PARSABLE.has(error.name) ? fail('PoolNotParsable') : error
  }
  if (node.kind !== 'object') throw fail('DocumentTypeNotSupported')
  return node
}

function readMembers({ members }: ObjectNode, { groupMembers }: PoolForm): Partial<PoolSetting> {
  const uri = members.get('uri')
  const weight = members.get('weight')
  const options = members.get('options')
  const groupMember = groupMembers.find(name => members.has(name))
  const group = groupMember === undefined ? undefined : members.get(groupMember)
  return {
    ...(uri === undefined ? {} : { uri: readUri(uri) }),
    ...(weight === undefined ? {} : { weight: readWeight(weight) }),
    ...(options === undefined ? {} : { options: readOptions(options) }),
    ...(group === undefined ? {} : { group: readGroup(groupMember ?? '', group) }),
  }
}

function readUri(node: JsonNode): string {
  const text = stringOf(node)
  if (text === null || text.length > MAX_URI_LENGTH || !URI.test(text)) {
    throw fail('PoolMemberInvalid', { field: 'uri', expected: `an address with a scheme, of at most ${MAX_URI_LENGTH} characters` })
  }
  return text
}

function readWeight(node: JsonNode): number {
  const weight = node.kind === 'integer' ? Number(node.text) : -1
  if (weight < 0 || weight > MAX_WEIGHT) throw fail('PoolMemberInvalid', { field: 'weight', expected: `an integer from 0 to ${MAX_WEIGHT}` })
  return weight
}

function readOptions(node: JsonNode): PoolSetting['options'] {
  if (node.kind !== 'object') throw fail('PoolMemberInvalid', { field: 'options', expected: 'an object' })
  return node.text
}

/** An empty name takes a pool out of its group. */
function readGroup(field: string, node: JsonNode): string | null {
  const text = node.text === 'null' ? '' : stringOf(node)
  if (text === '') return null
  const group = text === null ? null : parseGroup(text)
  if (group === null) throw fail('PoolMemberInvalid', { field, expected: 'a string of at most 255 characters without slashes and control characters' })
  return group
}

function stringOf(node: JsonNode): string | null {
  if (node.kind !== 'string') return null
  const text: string = JSON.parse(node.text)
  return text
}
