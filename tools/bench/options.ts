/** What the bench can be told on its command line. */
import { parseArgs } from 'node:util'

/** How to measure. */
export interface BenchOptions {
  /** Length of one slice, in seconds. */
  readonly seconds: number
  /** How many slices of each target a row has. */
  readonly rounds: number
  /** The numbers of connections at which posts of one message are measured; the first is that of the other rows. */
  readonly connections: readonly number[]
  /** Rows to run, by the beginning of their name; all if empty. */
  readonly only: readonly string[]
  /** Worker processes of the measured server. */
  readonly workers: number
  /** Messages in the deep queue of the depth row. */
  readonly depth: number
  /** Where to write the results as JSON; empty for nowhere. */
  readonly json: string
  /** Whether the server runs under the CPU profiler, with a summary at the end. */
  readonly isProfiled: boolean
}

export const USAGE = `Usage: npm run bench -- [options]

  --seconds N           length of one slice of measurement (default 3)
  --rounds N            slices of each target a row (default 3)
  --connections A,B     connections for posts of one message; A also for the other rows (default 32,128)
  --only post,page,...  rows to run: post, post10, page, claim, flow, depth, workers, token,
                        neighbour, waits, mongodb; post128 is post at 128 only
  --workers N           worker processes of the server (default 1)
  --depth N             messages in the deep queue of row depth (default 1000000)
  --json FILE           write the results there too
  --profile             run the server under Node's CPU profiler and print where its time goes
`

/** Reads the command line; null if it asks for help. Throws on what it does not know. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '32,128' },
      only: { type: 'string', default: '' },
      workers: { type: 'string', default: '1' },
      depth: { type: 'string', default: '1000000' },
      json: { type: 'string', default: '' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    seconds: positive('seconds', values.seconds),
    rounds: Math.ceil(positive('rounds', values.rounds)),
    connections: values.connections.split(',').map(text => Math.ceil(positive('connections', text))),
    only: values.only.split(',').filter(name => name !== ''),
    workers: Math.ceil(positive('workers', values.workers)),
    depth: Math.ceil(positive('depth', values.depth)),
    json: values.json,
    isProfiled: values.profile,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not "${text}"`)
  return value
}
