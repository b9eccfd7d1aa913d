/** What holds in one process holds across several that serve one store, also when one of them is killed (decisions 31). */
import t from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { Http, NoAnswer } from '../helpers/http.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { checkRace } from './workers/race.ts'
import { ALL_POSTS, checkSeen, Traffic } from './workers/traffic.ts'

function servingPids(server: RunningServer): number[] {
  return [...new Set(server.log.filter(({ msg }) => msg === 'request').map(({ pid }) => Number(pid)))]
}

t.test('across three workers, one of them killed, each message is handed out once and observers miss nothing', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 3 })
  const traffic = await Traffic.begin([server.url])
  const victim = await until('three workers have served', () => traffic.acknowledgements > 60 && servingPids(server).length >= 3 && (servingPids(server)[0] ?? null))
  process.kill(victim, 'SIGKILL')
  t.ok(traffic.acknowledgements < ALL_POSTS, `killed after ${String(traffic.acknowledgements)} acknowledged posts`)
  await checkSeen(t, server.url, await traffic.end())
  await server.stop()
  const pids = servingPids(server)
  t.comment(`served by ${pids.join(', ')}; ${String(victim)} was killed`)
  t.ok(pids.length >= 3 && pids.includes(victim), 'at least three processes served, the killed one among them')
})

t.test('a client that connects while a worker dies is answered or cut off, never left waiting', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  const waiting: string[] = []
  let isOver = false
  let answers = 0
  const clients = Array.from({ length: 16 }, async () => {
    // A connection for each request: the moment between accepting one and handing it to a worker is the dangerous one.
    const http = new Http(server.url, { timeoutMs: 4000 })
    while (!isOver) {
      try {
        await http.call('GET', '/v1', undefined, { Connection: 'close' })
        answers++
      } catch (error) {
        if (error instanceof NoAnswer) waiting.push(error.message)
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    http.close()
  })
  for (let kill = 0; kill < 4; kill++) {
    const before = answers
    await until('clients are served', () => answers > before + 200)
    const [victim = -1] = server.workers().slice(kill % 2)
    process.kill(victim, 'SIGKILL')
    await until('the worker is replaced', () => server.replacements === kill + 1)
  }
  isOver = true
  await Promise.all(clients)
  t.same(waiting, [], `of ${String(answers)} requests`)
})

t.test('processes that race for claims that run out are never given a message that a live claim holds', async t => {
  const path = temporaryFolder(t)
  const options = { path, durability: 'none' } as const
  const control = await openControl(options)
  const data = await openData(options, systemClock)
  t.teardown(() => Promise.all([control.close(), data.close()]))
  await checkRace(t, { control, data }, { driver: 'lmdb', path })
})
