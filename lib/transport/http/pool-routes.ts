/** The actions on pools and flavors, for the route tables of the API versions. */
import { deleteFlavor, getFlavor, listFlavors, patchFlavor, putFlavor } from './handlers/flavors.ts'
import { deletePool, getPool, listPools, patchPool, putPool } from './handlers/pools.ts'
import type { FlavorForm, PoolForm } from './pool-forms.ts'
import type { Action } from './routes.ts'

/** The actions of one form of pools. */
export function poolActions(form: PoolForm): readonly Action[] {
  const { needs, collection } = form
  const all = `/${collection}`
  const one = `/${collection}/:pool`
  return [
    { needs, verb: 'GET', path: all, rule: 'pools:get_all', failure: 'Pools could not be listed.', run: listPools(form) },
    { needs, verb: 'GET', path: one, rule: 'pools:get', failure: 'Pool could not be retrieved.', run: getPool(form) },
    { needs, verb: 'PUT', path: one, rule: 'pools:create', body: 'pool', failure: 'Pool could not be created.', run: putPool(form) },
    { needs, verb: 'PATCH', path: one, rule: 'pools:update', body: 'pool', failure: 'Pool could not be updated.', run: patchPool(form) },
    { needs, verb: 'DELETE', path: one, rule: 'pools:delete', failure: 'Pool could not be deleted.', run: deletePool(form) },
  ]
}

/** The actions of one form of flavors. */
export function flavorActions(form: FlavorForm): readonly Action[] {
  const needs = 'pooling'
  const one = '/flavors/:flavor'
  return [
    { needs, verb: 'GET', path: '/flavors', rule: 'flavors:get_all', failure: 'Flavors could not be listed.', run: listFlavors(form) },
    { needs, verb: 'GET', path: one, rule: 'flavors:get', failure: 'Flavor could not be retrieved.', run: getFlavor(form) },
    { needs, verb: 'PUT', path: one, rule: 'flavors:create', body: 'flavor', failure: 'Flavor could not be created.', run: putFlavor(form) },
    { needs, verb: 'PATCH', path: one, rule: 'flavors:update', body: 'flavor', failure: 'Flavor could not be updated.', run: patchFlavor(form) },
    { needs, verb: 'DELETE', path: one, rule: 'flavors:delete', failure: 'Flavor could not be deleted.', run: deleteFlavor(form) },
  ]
}
