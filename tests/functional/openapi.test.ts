/** The OpenAPI document is one, to a validator that is not ours. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DIALECTS } from '../../lib/transport/http/dialects.ts'
import { describeService, type Served } from '../../lib/transport/http/openapi/document.ts'
import { DEFAULT_LIMITS } from '../helpers/boot.ts'
import { OPENAPI_TOOLS } from '../helpers/openapi-tools.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'
import { venv } from '../helpers/venv.ts'

const tools = await venv(...OPENAPI_TOOLS)

/** What the validator says of a document. */
function validate(folder: string, file: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(join(folder, 'bin', 'openapi-spec-validator'), ['--schema', '3.1', file], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

t.test('the document that a server answers is a valid one', async t => {
  if (tools.kind === 'missing') return missing(t, 'python', tools.reason)
  const { url } = await startServer(t, { dataDir: temporaryFolder(t) })
  const answer = await fetch(`${url}/openapi.json`)
  const file = join(temporaryFolder(t), 'openapi.json')
  writeFileSync(file, await answer.text())
  const { status, output } = validate(tools.folder, file)
  t.equal(status, 0, output)
})

t.test('so are those of services with more, with fewer and with other things', async t => {
  if (tools.kind === 'missing') return missing(t, 'python', tools.reason)
  const usual: Served = { dialects: DIALECTS, limits: DEFAULT_LIMITS, canEncrypt: false, adminMode: false, pooling: false, isAuthenticated: false }
  const others: Readonly<Record<string, Partial<Served>>> = {
    all: { adminMode: true, pooling: true, canEncrypt: true },
    keystone: { isAuthenticated: true },
    v2: { dialects: DIALECTS.slice(-1) },
    limits: { limits: { ...DEFAULT_LIMITS, client_id_uuid_safe: 'off', message_delete_with_claim_id: true } },
  }
  for (const [name, other] of Object.entries(others)) {
    const file = join(temporaryFolder(t), `${name}.json`)
    writeFileSync(file, JSON.stringify(describeService({ ...usual, ...other })))
    const { status, output } = validate(tools.folder, file)
    t.equal(status, 0, `${name}: ${output}`)
  }
})

t.test('the validator finds what is wrong', async t => {
  if (tools.kind === 'missing') return missing(t, 'python', tools.reason)
  const file = join(temporaryFolder(t), 'wrong.json')
  writeFileSync(file, '{"openapi":"3.1.0","info":{"title":"t"},"paths":{}}')
  t.not(validate(tools.folder, file).status, 0)
})
