import { readFileSync } from 'node:fs'
import t from 'tap'
import { DIALECTS } from '../../../lib/transport/http/dialects.ts'
import { OPERATIONS } from '../../../lib/transport/http/openapi/operations.ts'
import { ACTIONS, ADMIN_ACTIONS } from '../../../lib/transport/http/routes.ts'
import { openapiFile } from '../../../tools/openapi-file.ts'

interface Document {
  readonly paths: Record<string, Record<string, { readonly operationId: string; readonly parameters?: { readonly name: string; readonly in: string }[]; readonly requestBody?: object }>>
}

const document = JSON.parse(openapiFile()) as Document

t.test('doc/api/openapi.json is what the tables say', async t => {
  t.equal(readFileSync(new URL('../../../../doc/api/openapi.json', import.meta.url), 'utf8'), openapiFile(), 'run "npm run genopenapi"')
})

t.test('every action is described, and nothing else is', async t => {
  const actions = [...Object.values(ACTIONS).flat(), ...ADMIN_ACTIONS].map(({ verb, path }) => `${verb} ${path}`)
  t.same(Object.keys(OPERATIONS).sort(), [...new Set(actions)].sort())
  const described = Object.entries(document.paths).flatMap(([path, verbs]) => Object.keys(verbs).map(verb => `${verb.toUpperCase()} ${path}`))
  const tables = [...DIALECTS.map(({ id, prefix }) => ({ prefix, actions: ACTIONS[id] })), { prefix: '', actions: ADMIN_ACTIONS }]
  const offered = tables.flatMap(({ prefix, actions }) => actions.map(({ verb, path }) => `${verb} ${prefix}${path.replace(/:(\w+)/g, '{$1}')}`))
  t.same(described.sort(), [...new Set([...offered, 'GET /', 'GET /healthcheck', 'GET /openapi.json'])].sort())
})

t.test('operations have names of their own, and describe each variable of their path and each body that is read', async t => {
  const ids = Object.values(document.paths).flatMap(verbs => Object.values(verbs).map(({ operationId }) => operationId))
  t.same(ids, [...new Set(ids)])
  for (const { id, prefix } of DIALECTS) {
    for (const { verb, path, body } of ACTIONS[id]) {
      const address = prefix + path.replace(/:(\w+)/g, '{$1}')
      const operation = document.paths[address]?.[verb.toLowerCase()]
      const variables = operation?.parameters?.filter(parameter => parameter.in === 'path').map(({ name }) => name)
      t.same(variables, [...path.matchAll(/:(\w+)/g)].map(([, name]) => name), `${verb} ${address}`)
      t.equal(operation?.requestBody !== undefined, body !== undefined, `body of ${verb} ${address}`)
    }
  }
})
