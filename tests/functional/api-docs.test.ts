/** The examples of the API's reference, run as they are printed. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'
import { plain, stepsOf, walk } from '../helpers/walk.ts'

for (const page of ['v1.1', 'v2']) {
  t.test(`the examples of doc/api/${page}.md run as printed and print what it says`, async t => {
    for (const program of ['bash', 'curl', 'sed']) {
      if (spawnSync(program, ['--version']).error !== undefined) return missing(t, program, program)
    }
    const steps = stepsOf(readFileSync(new URL(`../../../doc/api/${page}.md`, import.meta.url), 'utf8'))
    t.ok(steps.length >= 8, `the page has ${String(steps.length)} blocks`)
    const server = await startServer(t, { dataDir: temporaryFolder(t), env: { MARCONI_SIGNED_URL__SECRET_KEY: 'test' } })
    const [shown, said] = [new Map<string, string>(), new Map<string, string>()]
    for (const { commands, prints, printed } of await walk(steps, server.url)) t.equal(plain(printed, said), plain(prints, shown), commands.trim())
  })
}
