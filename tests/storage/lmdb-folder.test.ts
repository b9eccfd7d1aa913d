/** What is particular to a folder on disk: one server at a time, unclean stops, a full store, several openings. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { sequenceOf, type Epoch, type MessageId } from '../../lib/model/names.ts'
import { openEnvironment, type EnvironmentOptions } from '../../lib/storage/lmdb/environment.ts'
import { nextEpoch } from '../../lib/storage/lmdb/epochs.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { currentGeneration, DataFolderInUse, takeTenure } from '../../lib/storage/lmdb/tenure.ts'
import { listed, messages, posted, queue, range } from './contract/fixture.ts'

function folder(t: Test, ...below: readonly string[]): EnvironmentOptions {
  const path = mkdtempSync(join(tmpdir(), 'marconi-folder-'))
  t.teardown(() => { rmSync(path, { recursive: true, force: true }) })
  const deep = join(path, ...below)
  mkdirSync(deep, { recursive: true })
  return { path: deep, durability: 'none' }
}

async function stores(options: EnvironmentOptions) {
  const control = await openControl(options)
  const data = await openData(options, systemClock)
  return { control, data, close: () => Promise.all([control.close(), data.close()]) }
}

function positions(epoch: Epoch, ids: readonly MessageId[]): number[] {
  return ids.map(id => sequenceOf(epoch, id) ?? 0)
}

t.test('a folder that a server has is refused to another until the first leaves', async t => {
  const options = folder(t)
  const env = await openEnvironment(options)
  const first = await takeTenure(env, options.path)
  await t.rejects(takeTenure(env, options.path), DataFolderInUse)
  await first.release()
  const second = await takeTenure(env, options.path)
  t.equal(currentGeneration(env), 0, 'the first left in order')
  await second.release()
  await env.close()
  t.same(readdirSync(options.path).filter(file => file.endsWith('.sock')), [])
})

t.test('of servers that start at once, one gets the folder', async t => {
  const options = folder(t)
  const env = await openEnvironment(options)
  t.teardown(() => env.close())
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeTenure(env, options.path)))
  const taken = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  t.equal(taken.length, 1)
  await taken[0]?.release()
})

t.test('a folder whose path is longer than a socket name may be is held as well', async t => {
  const options = folder(t, 'x'.repeat(100), 'y'.repeat(100))
  const env = await openEnvironment(options)
  t.teardown(() => env.close())
  const first = await takeTenure(env, options.path)
  await t.rejects(takeTenure(env, options.path), DataFolderInUse)
  await first.release()
})

t.test('after an unclean stop no position is given again', async t => {
  const options = folder(t)
  const env = await openEnvironment(options)
  t.teardown(() => env.close())
  await takeTenure(env, options.path)
  const before = await stores(options)
  const at = await queue(before)
  await posted(before, at, messages(3))
  await before.close()
  // The server is killed: its name stays in the store, and nobody listens there.
  await env.write('forging an owner that is dead', () => { env.meta.put(Buffer.from('owner'), Buffer.from('server-dead.sock')) })
  const tenure = await takeTenure(env, options.path)
  const after = await stores(options)
  const [first = 0] = positions(at.epoch, await posted(after, at, messages(1, {}, 3)))
  t.ok(first > 1_000_000, `${first} follows 3`)
  t.same(await listed(after, at), range(4))
  t.same(positions(at.epoch, await posted(after, at, messages(1, {}, 4))), [first + 1], 'it jumps once')
  await after.close()
  await tenure.release()
})

t.test('what was stored is there when the folder is opened again', async t => {
  const options = folder(t)
  const first = await stores(options)
  const at = await queue(first)
  await posted(first, at, messages(100))
  await first.close()
  const second = await stores(options)
  t.same(await second.control.queue(at.project, at.queue), at)
  t.same(await listed(second, at), range(100))
  await second.close()
})

t.test('an operation that cannot be carried out fails alone, not with those that share its transaction', async t => {
  const all = await stores(folder(t))
  t.teardown(() => all.close())
  const at = await queue(all)
  // No limit lets such a life in; a row has no room for it.
  const posts = [messages(1), messages(1, { ttl: 2 ** 40 }), messages(2, {}, 1)]
  const results = await Promise.allSettled(posts.map(list => posted(all, at, list)))
  t.match(results, [{ status: 'fulfilled' }, { status: 'rejected', reason: { name: 'StorageUnavailable' } }, { status: 'fulfilled' }])
  t.same(await listed(all, at), range(3))
})

t.test('incarnation numbers do not repeat and do not tell how many there are', async t => {
  const options = folder(t)
  const env = await openEnvironment(options)
  t.teardown(() => env.close())
  const epochs = await env.write('numbering', () => Array.from({ length: 5000 }, () => nextEpoch(env)))
  t.equal(new Set(epochs).size, epochs.length)
  const rising = epochs.filter((epoch, index) => epoch > (epochs[index - 1] ?? 0)).length
  t.ok(rising > 2200 && rising < 2800, `${rising} of 5000 are above the one before`)
})
