/** Writes doc/api/openapi.json from the route table. With --check it writes nothing and fails if the file is stale. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openApiReference } from './openapi-reference.ts'

const file = fileURLToPath(new URL('../../doc/api/openapi.json', import.meta.url))
const reference = openApiReference()

if (!process.argv.includes('--check')) {
  writeFileSync(file, reference)
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== reference) {
  process.stderr.write('marconi: doc/api/openapi.json is stale: run "npm run genopenapi"\n')
  process.exitCode = 1
}
