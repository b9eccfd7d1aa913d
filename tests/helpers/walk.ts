/** Shell commands in documents, run as they are printed, with what they print beside. */
import { execFile } from 'node:child_process'

/** A block of commands, and what it prints; empty if the document shows nothing. */
export interface Step {
  readonly commands: string
  readonly prints: string
}

/** A step with what it did print. */
export interface Walked extends Step {
  readonly printed: string
}

/** Stands in the output where a block ends. */
const BORDER = '\u001e'

/** The blocks of a text: `sh` is run, and a `text` right behind it is its output. */
export function stepsOf(text: string): readonly Step[] {
  return [...text.matchAll(/^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?/gms)].map(([, commands = '', prints = '']) => ({ commands, prints }))
}

/** Runs all blocks in one shell, against a server. */
export async function walk(steps: readonly Step[], url: string): Promise<readonly Walked[]> {
  const script = steps.map(({ commands }) => `${commands}printf '\\036'\n`).join('')
  const printed = (await run(script, url)).split(BORDER)
  return steps.map((step, index) => ({ ...step, printed: printed[index] ?? '' }))
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

/** Ids by the order in which they turn up, so that the same one must stand where the document has the same; ages all alike. */
export function plain(text: string, seen: Map<string, string>): string {
  return text
    .replaceAll(/\b[0-9a-f]{24}\b/g, id => {
      const name = seen.get(id) ?? `<id ${String(seen.size + 1)}>`
      seen.set(id, name)
      return name
    })
    .replaceAll(/"age":\d+/g, '"age":0')
}
