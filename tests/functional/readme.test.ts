/** The walk of the README, run as it is printed, against a server. */
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { HTTP_OPTIONS } from '../../lib/transport/http/options.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'

/** A block of commands, and what it prints; empty if the README shows nothing. */
interface Step {
  readonly commands: string
  readonly prints: string
}

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

/** Stands in the output where a block ends. */
const BORDER = '\u001e'

/** The blocks of the walk: `sh` is run, and a `text` right behind it is its output. */
function walkOf(readme: string): readonly Step[] {
  const [, walk = ''] = /^## A walk with curl\n(.*?)^## /ms.exec(readme) ?? []
  return [...walk.matchAll(/^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?/gms)].map(([, commands = '', prints = '']) => ({ commands, prints }))
}

/** Ids by the order in which they turn up, so that the same one must stand where the README has the same; ages all alike. */
function plain(text: string, seen: Map<string, string>): string {
  return text
    .replaceAll(/\b[0-9a-f]{24}\b/g, id => {
      const name = seen.get(id) ?? `<id ${String(seen.size + 1)}>`
      seen.set(id, name)
      return name
    })
    .replaceAll(/"age":\d+/g, '"age":0')
}

function run(script: string, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('bash', ['-eu', '-o', 'pipefail', '-c', script], { env: { PATH: process.env['PATH'], MARCONI: url }, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`the walk stops: ${error.message}\n${stdout}\n${stderr}`))
    })
    child.stdin?.end()
  })
}

t.test('the walk of the README runs as printed and prints what it says', async t => {
  for (const program of ['bash', 'curl', 'sed']) {
    if (spawnSync(program, ['--version']).error !== undefined) return missing(t, program, program)
  }
  const steps = walkOf(README)
  t.ok(steps.length >= 9, `the walk has ${String(steps.length)} blocks`)

  const server = await startServer(t, { dataDir: temporaryFolder(t) })
  const script = steps.map(({ commands }) => `${commands}printf '\\036'\n`).join('')
  const printed = (await run(script, server.url)).split(BORDER)
  const [shown, said] = [new Map<string, string>(), new Map<string, string>()]
  for (const [index, { commands, prints }] of steps.entries()) {
    t.equal(plain(printed[index] ?? '', said), plain(prints, shown), commands.trim())
  }
  await server.stop()
})

t.test('the walk begins with the address at which the server listens unless told otherwise', async t => {
  const url = `http://${HTTP_OPTIONS.bind.default}:${String(HTTP_OPTIONS.port.default)}`
  t.ok(walkOf(README)[0]?.commands.startsWith(`MARCONI=\${MARCONI:-${url}}\n`))
})
