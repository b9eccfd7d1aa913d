/** Writes etc/policy.yaml.sample from the rules and the route table. With --check it writes nothing and fails if the file is stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { policySample } from './policy-sample.ts'

const file = fileURLToPath(new URL('../../etc/policy.yaml.sample', import.meta.url))
const sample = policySample()

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, sample)
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== sample) {
  process.stderr.write('marconi: etc/policy.yaml.sample is stale: run "npm run genpolicy"\n')
  process.exitCode = 1
}
