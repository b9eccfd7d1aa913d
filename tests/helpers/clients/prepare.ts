/** Installs the clients of the tests beforehand: `node dist/tests/helpers/clients/prepare.js`. Says what is missing if it cannot. */
import { CLIENTS } from './programs.ts'

for (const { title, install } of CLIENTS) {
  const made = await install()
  if (!('reason' in made)) continue
  process.stderr.write(`marconi: cannot test ${title}: ${made.reason} is missing\n`)
  process.exitCode = 1
}
