import { readFileSync } from 'node:fs'
import t from 'tap'
import { DIALECTS } from '../../../../lib/transport/http/dialects.ts'
import { describeService, sectionsOf, type Served } from '../../../../lib/transport/http/openapi/document.ts'
import { keyOf } from '../../../../lib/transport/http/openapi/description.ts'
import { ADMIN_DESCRIPTIONS, DESCRIPTIONS } from '../../../../lib/transport/http/openapi/descriptions.ts'
import { ACTIONS, ADMIN_ACTIONS } from '../../../../lib/transport/http/routes.ts'
import { openApiReference } from '../../../../tools/openapi-reference.ts'
import { DEFAULT_LIMITS } from '../../../helpers/boot.ts'

const PLAIN: Served = { dialects: DIALECTS, limits: DEFAULT_LIMITS, canEncrypt: false, adminMode: false, pooling: false, isAuthenticated: false }
const FULL: Served = { ...PLAIN, canEncrypt: true, adminMode: true, pooling: true }

t.test('doc/api/openapi.json is what the tables say', async t => {
  t.equal(readFileSync(new URL('../../../../../doc/api/openapi.json', import.meta.url), 'utf8'), openApiReference(), 'run "npm run genopenapi"')
})

t.test('every action is described, and nothing else is', async t => {
  for (const { id } of DIALECTS) t.same(Object.keys(DESCRIPTIONS[id]).sort(), ACTIONS[id].map(keyOf).sort(), `API version ${id}`)
  t.same(Object.keys(ADMIN_DESCRIPTIONS).sort(), ADMIN_ACTIONS.map(keyOf).sort())
})

t.test('a body is described where the route table has one', async t => {
  for (const { prefix, described } of sectionsOf(FULL)) {
    for (const { action: { verb, path, body }, description } of described) t.equal(description.body !== undefined, body !== undefined, `${verb} ${prefix}${path}`)
  }
})

t.test('every operation has an id of its own', async t => {
  const ids = Object.values(describeService(FULL).paths).flatMap(item => Object.values(item).map(({ operationId }) => operationId))
  t.same(ids, [...new Set(ids)])
})

t.test('every component is there that is referred to, and none that is not', async t => {
  for (const served of [FULL, PLAIN]) {
    const document = describeService(served)
    const used = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+\/[^"]+)"/g)].map(([, name]) => name)
    // Security schemes are named without a reference.
    const components = Object.entries(document.components).filter(([kind]) => kind !== 'securitySchemes')
    const there = components.flatMap(([kind, named]) => Object.keys(named).map(name => `${kind}/${name}`))
    t.same([...new Set(used)].sort(), there.sort())
  }
})

t.test('the document has what the service offers, and its limits', async t => {
  const paths = (served: Partial<Served>) => Object.keys(describeService({ ...PLAIN, ...served }).paths)
  t.notOk(paths({}).some(path => /quotas|pools|shards/.test(path)))
  t.ok(paths({ adminMode: true }).includes('/quotas/{project}'))
  t.notOk(paths({ adminMode: true }).some(path => path.includes('pools')))
  t.ok(paths({ adminMode: true, pooling: true }).includes('/v1/pools/{pool}'))
  const newest = paths({ dialects: DIALECTS.slice(-1) })
  t.same(newest.filter(path => !path.startsWith('/v2/')), ['/', '/healthcheck', '/openapi.json'])
  const schemas = (max: number) => JSON.stringify(describeService({ ...PLAIN, limits: { ...DEFAULT_LIMITS, max_message_ttl: max } }).components.schemas)
  t.ok(schemas(7777).includes('7777'))
  t.notOk(schemas(8888).includes('7777'))
})

t.test('a token is needed where callers are authenticated, and nowhere else', async t => {
  const operation = (isAuthenticated: boolean) => describeService({ ...PLAIN, isAuthenticated }).paths['/v2/queues/{queue}/messages']?.['get']
  const header = (isAuthenticated: boolean) => operation(isAuthenticated)?.parameters?.find(({ name }) => name === 'X-Project-ID')?.required
  const signed = { signature: [], signedExpiry: [], signedMethods: [], signedPaths: [] }
  t.same([operation(false)?.security, header(false)], [[{}, { token: [] }, signed], true])
  t.same([operation(true)?.security, header(true)], [[{ token: [] }, signed], false])
  t.same(describeService({ ...PLAIN, isAuthenticated: true }).paths['/openapi.json']?.['get']?.security, [])
})
