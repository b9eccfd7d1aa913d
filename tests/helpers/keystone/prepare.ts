/** Makes the Keystone of the tests beforehand: `node dist/tests/helpers/keystone/prepare.js`. Says what is missing if it cannot. */
import { prepareKeystone } from '../keystone.ts'

const made = await prepareKeystone()
if (made.kind === 'missing') {
  process.stderr.write(`marconi: no Keystone for the tests: ${made.reason} is missing\n`)
  process.exitCode = 1
}
