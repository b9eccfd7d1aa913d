/** Checksums are those that Python makes: over the same bodies as its json prints them. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { checksumOf, printPython } from '../../lib/model/checksum.ts'
import type { JsonText } from '../../lib/model/json.ts'
import { missing } from '../helpers/require.ts'
import { JSON_BODIES } from '../vectors/json-bodies.ts'

// The script is not compiled: it lies beside the source of this file.
const SCRIPT = fileURLToPath(new URL('../../../tests/functional/checksums.py', import.meta.url))

/** Random bodies, the same in each run. Numbers are written as whole ones of 64 bits or with an exponent, as only those are accepted. */
function randomBodies(): string[] {
  const edges = fc.constantFrom(1e16, 9.999e15, 1e-4, 9.99e-5, 123456789012345680, 1e21, 1e22, 5e-324, 1.7976931348623157e308, 0, -0)
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), edges).map(value => value.toExponential())
  const text = fc.string({ unit: 'binary' }).map(value => JSON.stringify(value))
  const { value } = fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' }, number, text, fc.integer().map(String), fc.constantFrom('true', 'null'), fc.array(tie('value'), { maxLength: 5 }).map(values => `[${values.join()}]`),
      fc.array(fc.tuple(text, tie('value')), { maxLength: 5 }).map(members => `{${members.map(([key, value]) => `${key}:${value}`).join()}}`),
    ),
  }))
  return fc.sample(value, { numRuns: 2000, seed: 7 })
}

const python = spawnSync('python3', ['--version']).status === 0

t.test('checksums and their texts are those of Python', async t => {
  if (!python) return missing(t, 'python', 'python3')
  const bodies = [...Object.values(JSON_BODIES), ...randomBodies()]
  const { status, stdout, stderr } = spawnSync('python3', [SCRIPT], { input: JSON.stringify(bodies), encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  t.equal(status, 0, stderr)
  const theirs = JSON.parse(stdout) as [string, string | null][]
  const differing = bodies.filter((body, index) => {
    const [text, checksum] = theirs[index] ?? ['', '']
    return printPython(body as JsonText) !== text || checksumOf(body as JsonText) !== checksum
  })
  t.same(differing, [])
  t.equal(theirs.length, bodies.length)
})
