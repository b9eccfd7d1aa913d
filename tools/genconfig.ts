/** Writes etc/marconi.conf.sample from the option tables. With --check it writes nothing and fails if the file is stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sampleOf } from '../lib/config/sample.ts'
import { GROUPS } from '../lib/config/tables.ts'

const file = fileURLToPath(new URL('../../etc/marconi.conf.sample', import.meta.url))
const sample = sampleOf(GROUPS)

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, sample)
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== sample) {
  process.stderr.write('marconi: etc/marconi.conf.sample is stale: run "npm run genconfig"\n')
  process.exitCode = 1
}
