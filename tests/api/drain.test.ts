/** How the server goes down: what runs is finished, nothing new is taken. */
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { boot } from '../helpers/boot.ts'
import { openFaulty } from '../../lib/storage/faulty/faulty.ts'
import type { Stores } from '../../lib/storage/contract.ts'

/** A store whose pings end when the test says so. */
function gated(): { stores: Stores; open: () => void; isBusy: Promise<void> } {
  let open: () => void = () => undefined
  let busy: () => void = () => undefined
  const gate = new Promise<void>(resolve => { open = resolve })
  const isBusy = new Promise<void>(resolve => { busy = resolve })
  const faulty = openFaulty()
  const ping = () => {
    busy()
    return gate
  }
  return { stores: { control: { ...faulty.control, ping }, data: { ...faulty.data, ping } }, open, isBusy }
}

function dial(url: string): { socket: Socket; all: Promise<string>; connected: Promise<void> } {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += chunk.toString() })
  socket.on('error', () => { /* a reset is an end too */ })
  return {
    socket,
    all: new Promise(resolve => socket.on('close', () => { resolve(text) })),
    connected: new Promise(resolve => socket.once('connect', () => { resolve() })),
  }
}

const GET = 'GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n'

t.test('a running request is finished, resting and new connections are closed', async t => {
  const { stores, open, isBusy } = gated()
  const { url, server } = await boot(t, { stores })
  const silent = dial(url)
  const resting = dial(url)
  await Promise.all([silent.connected, resting.connected])
  resting.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await new Promise(resolve => resting.socket.once('data', resolve))
  const running = dial(url)
  running.socket.write(GET)
  await isBusy

  const drained = server.drain(60_000)
  t.match(await resting.all, /^HTTP\/1\.1 300 /)
  t.equal(await silent.all, '')
  t.equal(await dial(url).all, '', 'nobody listens')
  running.socket.write(GET) // on the heels of the one that runs
  open()
  const answers = await running.all
  t.match(answers, /^HTTP\/1\.1 204 [^]*connection: close\r\n/)
  t.notMatch(answers, /HTTP\/1\.1 200/)
  t.equal(await drained, true)
  t.equal(await server.drain(0), true, 'a second call waits with the first')
})

t.test('what does not finish in time is cut off', async t => {
  const { stores, open, isBusy } = gated()
  const { url, server } = await boot(t, { stores })
  const running = dial(url)
  running.socket.write(GET)
  await isBusy
  t.equal(await server.drain(1), false)
  t.equal(await running.all, '')
  open()
})

t.test('a request that arrives while the server goes down is told to come back', async t => {
  const { stores, open, isBusy } = gated()
  const { url, server } = await boot(t, { stores })
  const [running, late] = [dial(url), dial(url)]
  running.socket.write(GET)
  await Promise.all([isBusy, late.connected])
  const started = dial(url)
  started.socket.write('GET / HTTP/1.1\r\nho')
  await new Promise<void>(resolve => started.socket.once('ready', () => { resolve() }))
  // its first bytes are with the server once an answer to a later request is here
  const probe = dial(url)
  probe.socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await probe.all
  const drained = server.drain(60_000)
  started.socket.write('st: x\r\n\r\n')
  t.match(await started.all, /^HTTP\/1\.1 503 [^]*retry-after: 30\r\n[^]*connection: close\r\n[^]*shutting down/)
  open()
  t.equal(await drained, true)
})

t.test('an address that cannot be listened on is an error', async t => {
  await t.rejects(boot(t, { stores: openFaulty(), bind: '203.0.113.1' }), { code: 'EADDRNOTAVAIL' })
})
