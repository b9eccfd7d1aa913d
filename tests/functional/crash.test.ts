/** What was acknowledged survives that the server is killed: twenty times under mixed load, at moments drawn at random. */
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { audit } from '../helpers/audit.ts'
import { Http } from '../helpers/http.ts'
import { Random } from '../helpers/random.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { check, OPTIONS, QUEUES } from './crash/check.ts'
import { Ledger } from './crash/ledger.ts'
import { ROLES, work, type Client } from './crash/load.ts'

const ROUNDS = 20
const WORKERS = 2

/** Kills one worker, or all processes; answers the server that goes on. */
async function killed(t: Test, server: RunningServer, what: 'a worker' | 'all', client: Omit<Client, 'http'>): Promise<RunningServer> {
  const { ledger, random, round } = client
  await ledger.more(random.between(20, 250))
  await sleep(random.between(0, 3))
  if (what === 'a worker') {
    const before = server.replacements
    process.kill(random.pick(server.workers()), 'SIGKILL')
    await ledger.more(40)
    round.isOver = true
    await until('another worker takes its place', () => server.replacements > before)
    return server
  }
  const ended = server.kill()
  round.isOver = true
  await ended
  const { faults, messages } = await audit(join(server.options.dataDir, 'store'))
  ledger.violations.push(...faults)
  t.comment(`audited ${String(messages)} messages`)
  return server.restart(t)
}

t.test('acknowledged messages, claims and deletes survive SIGKILL under load, and nothing is half done', async t => {
  const random = new Random()
  const ledger = new Ledger()
  let server = await startServer(t, { dataDir: temporaryFolder(t), workers: WORKERS, env: OPTIONS })
  const checker = new Http(server.url)
  for (const queue of QUEUES) await checker.put(`/v1/queues/${queue}`)

  for (let round = 1; round <= ROUNDS && ledger.violations.length === 0; round++) {
    const what = round % 2 === 0 ? 'all' : 'a worker'
    const state = { isOver: false }
    const clients = ROLES.map(role => {
      const http = new Http(server.url)
      return { http, done: work({ http, ledger, random: random.fork(), queues: QUEUES, round: state }, role) }
    })
    server = await killed(t, server, what, { ledger, random, queues: QUEUES, round: state })
    await Promise.all(clients.map(({ done }) => done))
    for (const { http } of clients) http.close()
    checker.url = server.url
    const stored = await check(checker, ledger)
    t.same(ledger.violations, [], `round ${String(round)}, ${what} killed: ${String(ledger.acknowledged)} acknowledged so far, ${String(stored)} stored (MARCONI_TEST_SEED=${String(random.seed)})`)
  }

  checker.close()
  await server.stop()
  const { faults } = await audit(join(server.options.dataDir, 'store'))
  t.same(faults, [], 'the store agrees with itself after a stop in order')
})
