/** The documents that describe flavors (api-v1.md 13.17, api-v2.md 11). */
import { fail } from '../../errors.ts'
import type { ObjectNode } from '../../model/fields.ts'
import { EMPTY_OBJECT, type JsonNode, type JsonText } from '../../model/json.ts'
import type { FlavorName } from '../../model/pool.ts'
import type { FlavorChoice } from '../../service/flavors.ts'
import { readAdminObject } from './pool-documents.ts'
import type { FlavorForm } from './pool-forms.ts'
import type { Context, Parts } from './state.ts'

/** What a document says of a flavor; null where it says nothing. */
export interface FlavorSetting {
  readonly choice: FlavorChoice | null
  readonly capabilities: JsonText | null
}

/** Members by which the releases of v1.1 say the group of pools. */
const GROUP_MEMBERS = ['pool', 'pool_group'] as const

/** Reads the whole description of a flavor. */
export async function readFlavor(ctx: Context, { limits }: Parts, form: FlavorForm, name: FlavorName): Promise<{ readonly choice: FlavorChoice; readonly capabilities: JsonText }> {
  const node = await readAdminObject(ctx, limits)
  if (form.pools === 'list') {
    const known = ['pool_list', 'capabilities']
    for (const field of node.members.keys()) if (!known.includes(field)) throw fail('PoolMemberUnknown', { field, known: known.join(', ') })
  }
  const { choice, capabilities } = readSetting(node, form, name)
  if (choice === null) throw fail('FieldMissing', { field: form.pools === 'list' ? 'pool_list' : 'pool' })
  return { choice, capabilities: capabilities ?? EMPTY_OBJECT }
}

/** Reads what of a flavor is to be changed. Members that it does not know are passed over. */
export async function readFlavorChange(ctx: Context, { limits }: Parts, form: FlavorForm, name: FlavorName): Promise<FlavorSetting> {
  const change = readSetting(await readAdminObject(ctx, limits), form, name)
  if (change.choice !== null) return change
  if (form.pools === 'list') throw fail('FieldMissing', { field: 'pool_list' })
  if (change.capabilities === null) throw fail('PoolUnchanged', { known: '`pool` or `capabilities`' })
  return change
}

function readSetting({ members }: ObjectNode, form: FlavorForm, name: FlavorName): FlavorSetting {
  if (form.pools === 'list') {
    const list = members.get('pool_list')
    return { choice: list === undefined ? null : readPoolList(list, name), capabilities: null }
  }
  const capabilities = members.get('capabilities')
  if (capabilities !== undefined && capabilities.kind !== 'object') throw fail('PoolMemberInvalid', { field: 'capabilities', expected: 'an object' })
  return { choice: readGroupChoice(members, name), capabilities: capabilities?.text ?? null }
}

function readGroupChoice(members: ObjectNode['members'], name: FlavorName): FlavorChoice | null {
  const field = GROUP_MEMBERS.find(each => members.has(each))
  if (field !== undefined) {
    const group = stringOf(members.get(field))
    if (group === null) throw fail('PoolMemberInvalid', { field, expected: 'the name of a group of pools' })
    return { kind: 'group', group }
  }
  // Newer clients of v1.1 say it as those of v2 do, or say only that they know of the member.
  const list = members.get('pool_list')
  if (list === undefined) return null
  return list.text === 'null' ? { kind: 'pools', pools: [] } : readPoolList(list, name)
}

function readPoolList(list: JsonNode, flavor: FlavorName): FlavorChoice {
  if (list.kind !== 'array') throw fail('PoolMemberInvalid', { field: 'pool_list', expected: 'a list of names of pools' })
  if (list.elements.length === 0) throw fail('FlavorWithoutPools')
  const pools = list.elements.map(element => {
    const pool = stringOf(element)
    if (pool === null) throw fail('FlavorPoolUnknown', { flavor, pool: element.text })
    return pool
  })
  return { kind: 'pools', pools }
}

function stringOf(node: JsonNode | undefined): string | null {
  return node?.kind === 'string' ? JSON.parse(node.text) as string : null
}
