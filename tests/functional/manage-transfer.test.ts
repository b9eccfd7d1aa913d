/** Export and import of a project. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/clock.ts'
import type { JsonText } from '../../lib/model/json.ts'
import { START, type QueueName } from '../../lib/model/names.ts'
import type { QueueKey, QueueRecord, Stores } from '../../lib/storage/contract.ts'
import type { StoredMessage } from '../../lib/storage/dump.ts'
import { makeFolder } from '../../lib/storage/lmdb/folder.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { Http } from '../helpers/http.ts'
import { manage, type Finished } from '../helpers/manage.ts'
import { startServer, temporaryFolder } from '../helpers/server.ts'
import { ALICE, BOB, claim, commit, messages, name, newQueue, posted, PROJECT } from '../storage/contract/fixture.ts'
import { JSON_BODIES } from '../vectors/json-bodies.ts'

interface Side extends Stores {
  readonly dataDir: string
}

/** A data folder, open in this process. */
async function side(t: Test): Promise<Side> {
  const dataDir = temporaryFolder(t)
  const options = { path: join(dataDir, 'store'), durability: 'none' } as const
  makeFolder(options.path)
  const [control, data] = [await openControl(options), await openData(options, systemClock)]
  t.teardown(() => Promise.all([control.close(), data.close()]))
  return { control, data, dataDir }
}

function exported({ dataDir }: Side, ...args: readonly string[]): Promise<Finished> {
  return manage(['export', 'p1', '--data-dir', dataDir, ...args])
}

function imported({ dataDir }: Side, stdin: string, ...args: readonly string[]): Promise<Finished> {
  return manage(['import', 'p1', '--data-dir', dataDir, ...args], { stdin })
}

async function create({ control }: Side, text: string, metadata = '{}'): Promise<QueueRecord> {
  const created = await control.createQueue(PROJECT, name(text), newQueue(metadata))
  if (created === null) throw new Error('refused')
  return created.record
}

async function found({ control }: Side, text: string): Promise<QueueRecord> {
  const record = await control.queue(PROJECT, text as QueueName)
  if (record === null) throw new Error(`there is no queue ${text}`)
  return record
}

async function all({ data }: Side, at: QueueKey): Promise<readonly StoredMessage[]> {
  return (await data.dump(at, START, 10_000)).messages
}

/** What an import keeps of messages. */
function kept(messages: readonly StoredMessage[]): unknown {
  return messages.map(({ id: _, claim: held, from, ...rest }) => ({ ...rest, claim: null, from: held === null ? from : 0 }))
}

t.test('a project comes out and goes in as it was, byte for byte, but for its claims', async t => {
  const [source, target] = [await side(t), await side(t)]
  const metadata = '{"n":9007199254740993, "f" : 1.0,"d":1,"d":2,\n"é":"\\u00e9\u2028"}'
  const jobs = await create(source, 'jobs', metadata)
  const bodies = Object.values(JSON_BODIES) as JsonText[]
  await posted(source, jobs, bodies.map(body => ({ body, ttl: 300, delay: 0 })))
  await posted(source, jobs, messages(2, { delay: 900, ttl: 1000 }), BOB)
  await posted(source, jobs, messages(500, { ttl: 7777 }), ALICE)
  await commit(source, claim(jobs, { limit: 3, ttl: 600 }))
  await create(source, 'empty')
  const out = await exported(source)
  t.match(out, { code: 0, stderr: /^marconi-manage: exporting: / })
  const count = bodies.length + 502
  t.equal(out.stdout.split('\n').length, count + 5, 'a line for each message and queue, two around them, and nothing behind the last')

  t.match(await imported(target, out.stdout), { code: 0 })
  const copy = await found(target, 'jobs')
  t.equal(copy.metadata, metadata)
  t.same(kept(await all(target, copy)), kept(await all(source, jobs)))
  t.same((await all(target, copy)).slice(0, bodies.length).map(({ body }) => body), bodies)
  t.match(await target.data.stats(copy), { free: count - 2, claimed: 0, delayed: 2 })
  t.ok(await found(target, 'empty'))
  await posted(target, copy, messages(1, {}, 999))
  t.equal((await all(target, copy)).at(-1)?.sequence, count + 1, 'later posts come behind')
})

t.test('a queue can be exported alone, and goes into a server that runs', async t => {
  const source = await side(t)
  for (const text of ['one', 'two', 'three']) await posted(source, await create(source, text), messages(3))
  const out = await exported(source, '--queue', 'one', '--queue', 'three')
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, { dataDir, workers: 2 })
  const http = new Http(server.url)
  t.match(await manage(['import', 'p1', '--data-dir', dataDir], { stdin: out.stdout }), { code: 0 })
  t.same((await http.get('/v1/queues')).json<{ queues: { name: string }[] }>().queues.map(queue => queue.name), ['one', 'three'])
  t.same((await http.list('three')).map(({ body }) => body), [0, 1, 2])
  http.close()
  await server.stop()
  t.match(await exported(source, '--queue', 'one', '--queue', 'four'), { code: 1, stderr: /Queue four does not exist for project p1/ })
})

t.test('a queue that exists is refused, or gets what comes behind what it holds', async t => {
  const [source, target] = [await side(t), await side(t)]
  await posted(source, await create(source, 'jobs'), [...messages(3, { ttl: 1000 }), ...messages(1, { delay: 900, ttl: 1000 }, 3)])
  const { stdout } = await exported(source)
  const jobs = await create(target, 'jobs', '{"mine":1}')
  await posted(target, jobs, messages(2, {}, 10))
  t.match(await imported(target, stdout), { code: 1, stderr: /marconi-manage: line 2: queue jobs exists; with --append / })
  t.equal((await all(target, jobs)).length, 2)
  t.match(await imported(target, stdout, '--append'), { code: 0 })
  t.same((await all(target, jobs)).map(({ body }) => body), ['10', '11', '0', '1', '2', '3'])
  t.equal((await found(target, 'jobs')).metadata, '{"mine":1}')
  t.match(await target.data.stats(jobs), { free: 5, delayed: 1 })
  t.ok((await all(target, jobs)).slice(2).every(({ ttl }) => ttl > 900 && ttl <= 1000), 'with what is left of their lives')
})

t.test('what is no export, or cut off, is refused by the number of its line', async t => {
  const source = await side(t)
  await posted(source, await create(source, 'jobs'), messages(3))
  const lines = (await exported(source)).stdout.trimEnd().split('\n')
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['nothing', [], /line 0: the export is cut off/],
    ['cut off', lines.slice(0, 4), /line 4: the export is cut off/],
    ['a line is missing', lines.filter((_, index) => index !== 3), /line 5: there should be 1 queues and 3 messages before it/],
    ['no beginning', lines.slice(1), /line 1: it does not begin as an export does/],
    ['twice', [...lines, ...lines], /line 7: the export has ended before/],
    ['no JSON', [...lines.slice(0, 2), '{'], /line 3: it is no JSON object/],
    ['another format', ['{"marconi_export":2}'], /line 1: the export has format 2/],
    ['a bad body', [...lines.slice(0, 2), lines[2]?.replace('"body":"0"', '"body":"{"') ?? ''], /line 3: "body" holds no JSON value/],
    ['a bad number', [...lines.slice(0, 2), lines[2]?.replace('"ttl":300', '"ttl":-1') ?? ''], /line 3: "ttl" is no whole number/],
    ['a bad name', [...lines.slice(0, 1), '{"queue":"a/b","metadata":"{}","next":1}'], /line 2: "queue" is no name of a queue/],
    ['no queue', [...lines.slice(0, 1), ...lines.slice(2)], /line 2: a message comes before its queue/],
  ]
  for (const [title, given, stderr] of cases) t.match(await imported(await side(t), given.map(line => `${line}\n`).join('')), { code: 1, stderr }, title)
})
