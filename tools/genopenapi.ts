/** Writes doc/api/openapi.json, which describes all of the API. With --check it writes nothing and fails if the file is stale. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openapiFile } from './openapi-file.ts'

const file = fileURLToPath(new URL('../../doc/api/openapi.json', import.meta.url))
const text = openapiFile()

if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  process.stderr.write('marconi: doc/api/openapi.json is stale: run "npm run genopenapi"\n')
  process.exitCode = 1
}
