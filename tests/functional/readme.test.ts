/** The walk of the README, run as it is printed, against a server. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { HTTP_OPTIONS } from '../../lib/transport/http/options.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'
import { plain, stepsOf, walk, type Step } from '../helpers/walk.ts'

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

function walkOf(readme: string): readonly Step[] {
  const [, walk = ''] = /^## A walk with curl\n(.*?)^## /ms.exec(readme) ?? []
  return stepsOf(walk)
}

t.test('the walk of the README runs as printed and prints what it says', async t => {
  for (const program of ['bash', 'curl', 'sed']) {
    if (spawnSync(program, ['--version']).error !== undefined) return missing(t, program, program)
  }
  const steps = walkOf(README)
  t.ok(steps.length >= 9, `the walk has ${String(steps.length)} blocks`)

  const server = await startServer(t, { dataDir: temporaryFolder(t) })
  const [shown, said] = [new Map<string, string>(), new Map<string, string>()]
  for (const { commands, prints, printed } of await walk(steps, server.url)) t.equal(plain(printed, said), plain(prints, shown), commands.trim())
  await server.stop()
})

t.test('the walk begins with the address at which the server listens unless told otherwise', async t => {
  const url = `http://${HTTP_OPTIONS.bind.default}:${String(HTTP_OPTIONS.port.default)}`
  t.ok(walkOf(README)[0]?.commands.startsWith(`MARCONI=\${MARCONI:-${url}}\n`))
})
