/**
 * Runs the compiled tests of the folders of `tests/` that are named, with tap, and closes with one line:
 * `N passed, N failed, N skipped`, counted in tests, not assertions. A single file is named as `unit/model/names`.
 * `--coverage` measures coverage as well; `--store=mongodb` has the services that tests boot work on MongoDB. Skipped tests are listed by name; with MARCONI_REQUIRE=a,b the tests that miss
 * one of these parts fail instead (the tests read it, see tests/helpers/require.ts).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const compiled = join(root, 'dist', 'tests')
const names = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const coverage = process.argv.includes('--coverage')
const onMongodb = process.argv.includes('--store=mongodb')

function filesOf(name) {
  if (existsSync(join(compiled, `${name}.test.js`))) return [join(compiled, `${name}.test.js`)]
  const sources = join(root, 'tests', name)
  if (!existsSync(sources)) return []
  // From the sources, so that the compiled remains of a deleted test are not run.
  return readdirSync(sources, { recursive: true })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => join(compiled, name, file.replace(/\.ts$/, '.js')))
}

const files = names.flatMap(filesOf).sort().map(file => relative(root, file))
if (files.length === 0) {
  process.stderr.write(`marconi: no tests in ${names.join(', ')}\n`)
  process.exit(1)
}

/** Whether there is no MongoDB to work on, and nobody demands one. */
async function missesMongodb() {
  const { findProgram } = await import(join(compiled, 'helpers', 'mongodb', 'process.js'))
  const isDemanded = (process.env.MARCONI_REQUIRE ?? '').split(',').some(part => part.trim() === 'mongodb')
  return !process.env.MARCONI_TEST_MONGODB && findProgram() === null && !isDemanded
}

if (onMongodb && await missesMongodb()) {
  for (const name of names) process.stdout.write(`skipped: ${name} on MongoDB # SKIP secantusd-rs, or a MongoDB in MARCONI_TEST_MONGODB\n`)
  process.stdout.write(`0 passed, 0 failed, ${names.length} skipped\n`)
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), 'marconi-tap-'))
const report = join(folder, 'report.tap')
// Away from a terminal the moving display is noise: what failed is shown from the report.
const reporter = process.stdout.isTTY ? 'terse' : 'silent'
const options = [`--reporter=${reporter}`, `--output-file=${report}`, `--timeout=${names.some(name => name.startsWith('functional')) ? 400 : 120}`, coverage ? '--show-full-coverage' : '--disable-coverage']
if (coverage) options.push('--allow-incomplete-coverage')
const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs'), ...options, ...files], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, ...(onMongodb ? { MARCONI_TEST_STORE: 'mongodb' } : {}) },
})

/** The lines of a report from each failed test to the end of its diagnosis. */
function showFailures(lines) {
  let isFailure = false
  for (const line of lines) {
    if (/^\s*(not )?ok \d+/.test(line)) isFailure = /^\s*not ok/.test(line)
    if (/^# Subtest|^\s+# Subtest/.test(line)) isFailure = false
    if (isFailure) process.stdout.write(`${line}\n`)
  }
}

const counts = { passed: 0, failed: 0, skipped: 0 }
const skipped = []
let inTests = 0
const lines = existsSync(report) ? readFileSync(report, 'utf8').split('\n') : []
if (reporter === 'silent') showFailures(lines)
for (const line of lines) {
  const point = /^( *)(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO|time)\b.*)?$/i.exec(line)
  if (point === null) continue
  const [, indent, not, , directive] = point
  if (indent.length === 0) {
    // A file that fails without a failed test died or timed out: that is a failure of its own.
    if (not && inTests === 0) counts.failed++
    inTests = 0
  } else if (indent.length === 4) {
    inTests++
    if (/^(skip|todo)$/i.test(directive ?? '')) {
      counts.skipped++
      skipped.push(line.trim().replace(/^ok \d+ - /, ''))
    } else if (not) counts.failed++
    else counts.passed++
  }
}
rmSync(folder, { recursive: true, force: true })
if (status !== 0 && counts.failed === 0) counts.failed = 1

for (const line of skipped) process.stdout.write(`skipped: ${line}\n`)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
process.exit(counts.failed > 0 ? 1 : 0)
