/** The rows about what stands between tenants: what a token costs, and what a project feels of another at its limit. */
import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureBoth, type Curve, type How, type Side } from './curves.ts'
import { startIdentity, TOKEN } from './identity.ts'
import { quantile } from './numbers.ts'
import { pace } from './paced.ts'
import { startServer, type Target } from './processes.ts'

const CALLERS = 32
/** A listing of a queue that is not there: the less a request does, the more of it a token is. */
const CHEAPEST_PATH = '/v1/queues/none/messages'
const CHEAPEST = { requests: [{ method: 'GET', path: CHEAPEST_PATH }], messages: 0 } as const

/** Requests a second without authentication and with a token that is known already. */
export async function measureToken(folder: string, how: How): Promise<Curve> {
  const identity = await startIdentity()
  const servers: Target[] = []
  const side = async (label: string, name: string, environment: Record<string, string>): Promise<Side> => {
    const server = await startServer(join(folder, name), { workers: 1, environment })
    servers.push(server)
    return {
      label, traffic: () => CHEAPEST,
      fire: { url: server.url, connections: CALLERS, seconds: how.seconds, headers: { 'x-auth-token': TOKEN } },
      value: ({ requests, seconds }) => requests / seconds,
    }
  }
  try {
    const open = await side('no authentication', 'open', {})
    const closed = await side('cached token', 'keystone', {
      MARCONI_DEFAULT__AUTH_STRATEGY: 'keystone',
      MARCONI_KEYSTONE_AUTHTOKEN__AUTH_URL: identity.url,
      MARCONI_KEYSTONE_AUTHTOKEN__USERNAME: 'marconi',
      MARCONI_KEYSTONE_AUTHTOKEN__PASSWORD: 'secret',
      MARCONI_KEYSTONE_AUTHTOKEN__USER_DOMAIN_NAME: 'Default',
      MARCONI_KEYSTONE_AUTHTOKEN__PROJECT_NAME: 'service',
      MARCONI_KEYSTONE_AUTHTOKEN__PROJECT_DOMAIN_NAME: 'Default',
    })
    const curve = await measureBoth('cheapest request by authentication', 'req/s', [open, closed], how)
    how.tell(`the identity service was asked ${identity.validations()} time(s)`)
    if (identity.validations() !== 1) throw new Error(`one token was validated ${identity.validations()} times`)
    return curve
  } finally {
    for (const server of servers) await server.stop()
    identity.stop()
  }
}

/** The rate of the project that floods, and how much more it asks for. */
const LIMIT = 200
const TIMES = 10
/** Requests a second of the project beside it: few enough that the cores are not the limit. */
const QUIET_RATE = 200
const NOISY = 'noisy'

/** How long a request of one project takes alone, and beside another that asks for ten times what it may. */
export async function measureNeighbour(folder: string, { seconds, rounds, tell }: How): Promise<Curve> {
  const place = join(folder, 'neighbour')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'quotas.yaml'), `${NOISY}: { requests_per_second: ${LIMIT} }\n`)
  const server = await startServer(place, { workers: 1, environment: { MARCONI_QUOTAS__OVERRIDES: join(place, 'quotas.yaml') } })
  const ask = () => pace({ url: server.url, path: CHEAPEST_PATH, rate: QUIET_RATE, seconds })
  const all: [number[], number[]] = [[], []]
  try {
    for (let round = 0; round <= rounds; round++) {
      const slices = [await ask(), await beside(server.url, ask)] as const
      slices.forEach((slice, index) => {
        tell(`request beside a flooding project, round ${round}, ${index === 0 ? 'alone' : 'beside'}: ${quantile(slice, 0.99).toFixed(2)} ms p99`)
        if (round > 0) all[index]?.push(...slice)
      })
    }
  } finally {
    await server.stop()
  }
  const values = [quantile(all[0], 0.99), quantile(all[1], 0.99)] as const
  const ratio = values[1] / values[0]
  return {
    name: 'request beside a flooding project', of: 'ms p99', labels: ['alone', `beside ${TIMES} x ${LIMIT}/s`],
    values, p99: values, ratio, ratios: [ratio],
  }
}

/** Runs something while another process floods the server for the noisy project. */
async function beside<Result>(url: string, run: () => Promise<Result>): Promise<Result> {
  const flood = fork(fileURLToPath(new URL('./flood.js', import.meta.url)), [url, CHEAPEST_PATH, NOISY, String(LIMIT * TIMES)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = new Promise(resolve => { flood.once('exit', resolve) })
  await new Promise(resolve => { flood.once('message', resolve) })
  try {
    return await run()
  } finally {
    flood.kill('SIGKILL')
    await ended
  }
}
