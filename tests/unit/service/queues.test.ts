import t from 'tap'
import { openFaulty } from '../../../lib/storage/faulty/faulty.ts'
import type { Outcome, QueueRecord, Stores } from '../../../lib/storage/contract.ts'
import { commitOn, deleteQueue, setMetadata } from '../../../lib/service/queues.ts'
import type { JsonText } from '../../../lib/model/json.ts'
import type { ClaimId, Epoch, Project, QueueName } from '../../../lib/model/names.ts'
import { boot } from '../../helpers/boot.ts'

const project = 'p' as Project
const queue = 'jobs' as QueueName
const release = { op: 'release', claim: 'c' as ClaimId } as const

/** Stores in which the name stands for one incarnation after the other; all but the last `live` ones are dropped. */
function incarnations(epochs: readonly number[], live: number): { stores: Stores; calls: string[] } {
  const calls: string[] = []
  const left = [...epochs]
  const faulty = openFaulty()
  const record = (epoch: number): QueueRecord => ({ project, queue, epoch: epoch as Epoch, metadata: '{}' as JsonText, pool: null, moving: null })
  const stores: Stores = {
    data: {
      ...faulty.data,
      commit: async ([operation]) => {
        if (operation === undefined) return []
        calls.push(`${operation.op} ${operation.at.epoch}`)
        const outcome: Outcome = left.length > live ? { is: 'gone' } : { is: 'released' }
        return [outcome]
      },
    },
    control: {
      ...faulty.control,
      queue: async () => {
        const [epoch] = left
        calls.push(`look up ${epoch ?? 'nothing'}`)
        return epoch === undefined ? null : record(epoch)
      },
      setMetadata: async at => {
        calls.push(`set ${at.epoch}`)
        if (left.length <= live) return true
        left.shift()
        return false
      },
      removeQueue: async at => {
        calls.push(`remove ${at.epoch}`)
        if (left[0] === at.epoch) left.shift()
      },
    },
  }
  return { stores, calls }
}

t.test('a queue that was deleted and created again under a request is followed', async t => {
  const { stores, calls } = incarnations([1, 2], 1)
  t.same(await commitOn(stores, project, queue, release), { is: 'released' })
  t.same(calls, ['look up 1', 'release 1', 'remove 1', 'look up 2', 'release 2'])
})

t.test('a delete that stopped halfway is finished by the next that comes', async t => {
  const { stores, calls } = incarnations([1], 0)
  t.equal(await commitOn(stores, project, queue, release), null)
  t.same(calls, ['look up 1', 'release 1', 'remove 1', 'look up nothing'])
})

t.test('a queue that never stands still is given up', async t => {
  const { stores } = incarnations([1, 2, 3, 4, 5, 6, 7, 8, 9], 0)
  await t.rejects(commitOn(stores, project, queue, release), { name: 'StorageUnavailable' })
  await t.rejects(setMetadata(incarnations([1, 2, 3, 4, 5, 6, 7, 8, 9], 0).stores, project, queue, '{}' as JsonText), { name: 'StorageUnavailable' })
})

t.test('metadata follow the queue', async t => {
  const { stores, calls } = incarnations([1, 2], 1)
  t.equal(await setMetadata(stores, project, queue, '{}' as JsonText), true)
  t.same(calls, ['look up 1', 'set 1', 'look up 2', 'set 2'])
  t.equal(await setMetadata(incarnations([], 0).stores, project, queue, '{}' as JsonText), false)
})

t.test('deleting drops the messages before it takes the name', async t => {
  const { stores, calls } = incarnations([1], 1)
  await deleteQueue(stores, project, queue)
  t.same(calls, ['look up 1', 'drop 1', 'remove 1'])
})

t.test('what a delete that stopped halfway looks like from outside', async t => {
  const { call, stores } = await boot(t)
  await call('PUT', '/v1/queues/half')
  const record = await stores.control.queue('5f1c' as Project, 'half' as QueueName)
  if (record === null) throw new Error('the queue is missing')
  await stores.data.commit([{ op: 'drop', at: record }])
  const post = () => call('POST', '/v1/queues/half/messages', { body: '[{"ttl":60,"body":1}]' })
  t.equal((await post()).status, 404)
  t.equal((await call('GET', '/v1/queues/half')).status, 404)
  t.equal((await call('PUT', '/v1/queues/half')).status, 201)
  t.equal((await post()).status, 201)
})
