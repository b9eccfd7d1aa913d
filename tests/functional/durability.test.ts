/**
 * Acknowledged means on disk: in a trace of the server's system calls, each answer to a write comes after a completed sync of
 * the data file that began after the commit had been written to it. That the check has teeth is shown by a server without
 * durability, which must fail it (decisions 25).
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Http, idOf, type MessageShape, type Reply } from '../helpers/http.ts'
import { missing } from '../helpers/require.ts'
import { childrenOf, startServer, temporaryFolder } from '../helpers/server.ts'
import { printed, readTrace, tracing, tracingIsMissing, type Call } from '../helpers/syscalls.ts'

/** An acknowledged write: what it was, the bytes that only its commit brought into the file if any do, and its answer. */
interface Write {
  readonly what: string
  readonly bytes: string | Buffer | null
  readonly answer: string
}

function token(): string {
  return `token${randomBytes(12).toString('hex')}`
}

function acknowledged(what: string, { status, headers, text }: Reply, bytes: Write['bytes'] = null): Write {
  if (status >= 300) throw new Error(`${what}: ${String(status)} ${text}`)
  return { what, bytes, answer: String(headers['x-openstack-request-id']) }
}

/** One of each kind, one after the other. */
async function oneOfEach(http: Http): Promise<Write[]> {
  const [name, mark, body] = [token(), token(), token()]
  const at = `/v1/queues/${name}`
  const writes = [
    acknowledged('creating a queue', await http.put(at), name),
    acknowledged('setting metadata', await http.put(`${at}/metadata`, { mark }), mark),
    acknowledged('posting', await http.post(`${at}/messages`, [1, 2, 3, 4, 5].map(part => ({ ttl: 3600, body: `${body} ${String(part)}` }))), body),
  ]
  const claim = await http.post(`${at}/claims?limit=2`, { ttl: 300, grace: 60 })
  const path = String(claim.headers.location)
  writes.push(acknowledged('claiming', claim, Buffer.from(idOf(path), 'hex')))
  const [held] = claim.json<MessageShape[]>()
  writes.push(
    acknowledged('renewing', await http.patch(path, { ttl: 600, grace: 60 })),
    acknowledged('deleting with the claim', await http.delete(held?.href ?? '')),
    acknowledged('releasing', await http.delete(path)),
  )
  const [first, second] = await http.list(name)
  writes.push(
    acknowledged('deleting', await http.delete(first?.href ?? '')),
    acknowledged('deleting several', await http.delete(`${at}/messages?ids=${idOf(second?.href ?? '')}`)),
  )
  return writes
}

/** Posts and claims of many clients at once. */
async function manyAtOnce(url: string): Promise<Write[]> {
  const http = new Http(url, { sockets: 16 })
  const writes: Write[] = []
  await http.put('/v1/queues/busy')
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (let round = 0; round < 6; round++) {
      const body = token()
      writes.push(acknowledged('posting among others', await http.post('/v1/queues/busy/messages', [{ ttl: 3600, body }]), body))
      const claim = await http.post('/v1/queues/busy/claims?limit=1', { ttl: 300, grace: 60 })
      if (claim.status === 201) writes.push(acknowledged('claiming among others', claim, Buffer.from(idOf(String(claim.headers.location)), 'hex')))
    }
  }))
  http.close()
  return writes
}

/** Whether a commit that was begun after `from` was written and synced before the answer began. */
function isSynced(calls: readonly Call[], from: number, answer: Call, bytes: string | null): boolean {
  const page = calls.find(({ kind, begun, text }) => kind === 'page' && begun > from && (bytes === null || text.includes(bytes)))
  const meta = page && calls.find(({ kind, begun }) => kind === 'meta' && begun > page.done)
  return meta !== undefined && calls.some(({ kind, begun, done }) => kind === 'sync' && begun > meta.done && done < answer.begun)
}

/** What was acknowledged too early. Of writes that came one after the other, the commit lies between two answers. */
function tooEarly(calls: readonly Call[], writes: readonly Write[], order: 'in turn' | 'at once'): string[] {
  let before = 0
  return writes.flatMap(({ what, bytes, answer }) => {
    const sent = calls.find(({ kind, text }) => kind === 'send' && text.includes(printed(answer)))
    if (sent === undefined) return [`${what}: no answer in the trace`]
    const from = before
    if (order === 'in turn') before = sent.done
    return isSynced(calls, from, sent, bytes === null ? null : printed(bytes)) ? [] : [what]
  })
}

interface Seen {
  readonly inTurn: readonly Write[]
  readonly atOnce: readonly Write[]
  readonly calls: readonly Call[]
}

async function trace(t: Test, durability: 'durable' | 'none'): Promise<Seen> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'trace')
  const server = await startServer(t, {
    dataDir: join(folder, 'data'), under: tracing(file), env: { MARCONI_DRIVERS_MESSAGE_STORE_LMDB__DURABILITY: durability },
  })
  const http = new Http(server.url)
  const inTurn: Write[] = []
  for (let round = 0; round < 4; round++) inTurn.push(...await oneOfEach(http))
  const atOnce = await manyAtOnce(server.url)
  http.close()
  for (const pid of childrenOf(server.pid)) process.kill(pid, 'SIGTERM')
  await server.ended
  return { inTurn, atOnce, calls: readTrace(file) }
}

const lacks = tracingIsMissing()

t.test('every acknowledged write is synced to the data file before its answer is sent', async t => {
  if (lacks !== null) return missing(t, 'strace', lacks)
  const { inTurn, atOnce, calls } = await trace(t, 'durable')
  t.comment(`${String(inTurn.length)} writes in turn, ${String(atOnce.length)} at once, ${String(calls.filter(({ kind }) => kind === 'sync').length)} syncs`)
  t.same(tooEarly(calls, inTurn, 'in turn'), [])
  t.same(tooEarly(calls, atOnce, 'at once'), [])
})

t.test('writes that come at once share syncs', async t => {
  if (lacks !== null) return missing(t, 'strace', lacks)
  const { atOnce, calls } = await trace(t, 'durable')
  const answered = calls.filter(({ kind, text }) => kind === 'send' && atOnce.some(({ answer }) => text.includes(printed(answer))))
  const [first, last] = [answered[0]?.done ?? 0, answered.at(-1)?.done ?? 0]
  const syncs = calls.filter(({ kind, begun }) => kind === 'sync' && begun > first && begun < last).length
  t.ok(syncs < atOnce.length / 2, `${String(syncs)} syncs for ${String(atOnce.length)} writes`)
})

t.test('the same check finds every write acknowledged too early when durability is off', async t => {
  if (lacks !== null) return missing(t, 'strace', lacks)
  const { inTurn, atOnce, calls } = await trace(t, 'none')
  t.same(tooEarly(calls, inTurn, 'in turn'), inTurn.map(({ what }) => what))
  t.same(tooEarly(calls, atOnce, 'at once'), atOnce.map(({ what }) => what))
})
