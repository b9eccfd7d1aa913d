/** How the API versions show and take pools, as data. */
import type { ErrorName } from '../../errors.ts'
import type { Needs } from './needs.ts'
import type { PoolsAfter } from '../../service/flavors.ts'
import type { LastOfFlavor } from '../../service/pools.ts'

/** Pools in the words of one API version. */
export interface PoolForm {
  /** The segment of the path, and the member of a listing. */
  readonly collection: 'shards' | 'pools'
  readonly needs: Needs
  /** Whether an entry says its own name. */
  readonly name: 'shown' | 'hidden'
  /** The member of an entry that says which group a pool is in; null for none. */
  readonly group: 'group' | 'flavor' | null
  /** The members by which a document may say the group, the first of them that is there. */
  readonly groupMembers: readonly string[]
  /** A listing with nothing in it: no body, the link to the next page all the same, or no link. */
  readonly emptyPage: 'no-body' | 'link' | 'no-link'
  /** Whether other pages of a listing have links. */
  readonly links: 'shown' | 'hidden'
  /** The members of which a change has to name one, in the words of the refusal. */
  readonly changeable: string
  /** What an address is refused with that another one has. Clients of v1 take 409 for success. */
  readonly uriTaken: Extract<ErrorName, 'PoolUriTaken' | 'ShardUriTaken'>
  /** What a change is answered with. */
  readonly changed: 'nothing' | 'entry'
  readonly lastOfFlavor: LastOfFlavor
  /** Whether the limit of a listing has a range. */
  readonly limit: 'any' | 'checked'
}

/** Icehouse (api-v1.md 10). */
export const SHARDS: PoolForm = {
  collection: 'shards',
  needs: 'admin',
  name: 'hidden',
  group: null,
  groupMembers: [],
  emptyPage: 'no-body',
  links: 'hidden',
  changeable: '`uri`, `weight`, or `options`',
  uriTaken: 'ShardUriTaken',
  changed: 'nothing',
  lastOfFlavor: 'goes',
  limit: 'any',
}

/** Juno and later (api-v1.md 11). */
export const POOLS_V1: PoolForm = {
  ...SHARDS,
  collection: 'pools',
  needs: 'pooling',
  name: 'shown',
  emptyPage: 'link',
  links: 'shown',
  uriTaken: 'PoolUriTaken',
}

/** With groups of pools, which flavors stand for (api-v1.md 13.16). */
export const POOLS_V1_1: PoolForm = {
  ...POOLS_V1,
  group: 'flavor',
  groupMembers: ['flavor', 'group'],
  emptyPage: 'no-link',
  changeable: '`uri`, `weight`,or `options`',
  lastOfFlavor: 'stays',
}

/** api-v2.md 11. */
export const POOLS_V2: PoolForm = {
  ...POOLS_V1_1,
  groupMembers: ['flavor'],
  changeable: '`uri`, `weight`, `flavor`, or `options`',
  changed: 'entry',
  limit: 'checked',
}

/** Flavors in the words of one API version. */
export interface FlavorForm {
  /** How a document says which pools a flavor stands for: by a group, or by a list. */
  readonly pools: 'group' | 'list'
  /** The capabilities that are shown: those that came along, or those of the pools. */
  readonly capabilities: 'given' | 'of_pools'
  /** What a change is answered with. */
  readonly changed: 'nothing' | 'entry'
  /** What becomes of the pools of a flavor that is removed. */
  readonly after: PoolsAfter
  readonly limit: 'any' | 'checked'
}

/** api-v1.md 13.17. */
export const FLAVORS_V1_1: FlavorForm = { pools: 'group', capabilities: 'given', changed: 'nothing', after: 'keep', limit: 'any' }

/** api-v2.md 11. */
export const FLAVORS_V2: FlavorForm = { pools: 'list', capabilities: 'of_pools', changed: 'entry', after: 'free', limit: 'checked' }
