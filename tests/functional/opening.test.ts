/** A process that opens a store while others write to it takes nothing from them: a worker that starts, or a tool. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { systemClock } from '../../lib/clock.ts'
import type { Message } from '../../lib/model/message.ts'
import { START } from '../../lib/model/names.ts'
import type { DataStore, QueueKey } from '../../lib/storage/contract.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { temporaryFolder } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { queue } from '../storage/contract/fixture.ts'
import type { Acknowledged } from './workers/writer.ts'

const OPENINGS = 400

async function readAll(data: DataStore, at: QueueKey): Promise<Message[]> {
  const all: Message[] = []
  for (;;) {
    const { messages } = await data.read(at, { after: all.at(-1)?.sequence ?? START, limit: 500, notFrom: null, claimed: true, delayed: true })
    if (messages.length === 0) return all
    all.push(...messages)
  }
}

function ended(child: ChildProcess): Promise<number | string | null> {
  return new Promise(resolve => { child.once('exit', (code, signal) => { resolve(signal ?? code) }) })
}

t.test('opening a store that others write to loses none of what they were acknowledged', async t => {
  const path = temporaryFolder(t)
  const options = { path, durability: 'none' } as const
  const control = await openControl(options)
  const data = await openData(options, systemClock)
  t.teardown(() => Promise.all([control.close(), data.close()]))
  const stores = { control, data }
  const record = await queue(stores)

  const start = (script: string, ...args: readonly string[]) => {
    const child = fork(fileURLToPath(new URL(`workers/${script}.js`, import.meta.url)), [path, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    t.teardown(() => child.kill('SIGKILL'))
    return child
  }
  const acknowledged: Acknowledged[] = []
  let openings = 0
  const writers = ['one', 'other'].map(name => start('writer', JSON.stringify(record), name))
  for (const writer of writers) writer.on('message', (post: Acknowledged) => { acknowledged.push(post) })
  await until('both write', () => acknowledged.length > 50)
  const opener = start('opener')
  opener.on('message', () => { openings++ })

  const children = [...writers, opener]
  const ends = children.map(ended)
  await until('it was opened often enough', () => openings >= OPENINGS || children.some(child => !child.connected), 30_000)
  for (const child of children) if (child.connected) child.send('stop')
  t.same(await Promise.all(ends), [0, 0, 0], 'nobody crashed')

  const stored = new Map((await readAll(data, record)).map(({ body, id }) => [body as string, id as string]))
  const lost = acknowledged.filter(({ body, id }) => stored.get(body) !== id)
  t.same(lost, [], `of ${String(acknowledged.length)} messages, while the store was opened ${String(openings)} times`)
  t.equal(new Set(acknowledged.map(({ id }) => id)).size, acknowledged.length, 'no id was given twice')
})
