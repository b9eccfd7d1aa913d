/** The rows of the table. */
import type { RowPlan } from './compare.ts'
import { ask, must } from './client.ts'
import type { Answer } from './koa.ts'
import { flowing, paging, postBody, posting, working } from './traffic.ts'

/** A row with the name by which `--only` knows it. */
export interface NamedRow {
  readonly key: string
  readonly plan: RowPlan
}

/** Messages that a slice of claims may use up; it ends when it has. */
const WORK = 30_000
const PAGE_DEPTH = 1000

/** The rows that stand beside yardsticks. Posts of one message are measured at each number of connections, the others at the first. */
export function rowPlans(connections: readonly number[]): readonly NamedRow[] {
  const [usual = 32] = connections
  return [
    ...connections.map(count => ({ key: `post${count}`, plan: postRow('post of 1', 1, count) })),
    { key: 'post10', plan: postRow('post of 10', 10, usual) },
    { key: 'page', plan: pageRow(usual) },
    { key: 'claim', plan: claimRow(usual) },
    { key: 'flow', plan: flowRow(usual) },
  ]
}

/** Whether `--only` asks for a row: `post` stands for posts of one message at any number of connections. */
export function isAsked(key: string, only: readonly string[], connections: readonly number[]): boolean {
  if (only.length === 0 || only.includes(key)) return true
  return only.includes('post') && connections.some(count => key === `post${count}`)
}

function postRow(name: string, count: number, connections: number): RowPlan {
  return {
    name, connections, fill: 0, keepsFill: false, isDurable: true,
    traffic: queue => posting(queue, count),
    sample: async (url, queue) => ({ 'POST messages': await must(url, 'POST', `/v1/queues/${queue}/messages`, postBody(count)) }),
  }
}

function pageRow(connections: number): RowPlan {
  return {
    name: 'page of 10', connections, fill: PAGE_DEPTH, keepsFill: true, isDurable: false, traffic: paging,
    sample: async (url, queue) => ({ 'GET messages': await must(url, 'GET', `/v1/queues/${queue}/messages?limit=10&echo=true`) }),
  }
}

async function sampleWork(url: string, queue: string): Promise<Record<string, Answer>> {
  const claim = await must(url, 'POST', `/v1/queues/${queue}/claims?limit=10`, '{"ttl":300,"grace":60}')
  return { 'POST claims': claim, 'DELETE messages': await ask(url, 'DELETE', `/v1/queues/${queue}/messages?ids=0`) }
}

function claimRow(connections: number): RowPlan {
  return {
    name: 'claim 10 + delete them', connections, fill: WORK, keepsFill: false, isDurable: false, traffic: working, sample: sampleWork,
  }
}

function flowRow(connections: number): RowPlan {
  return {
    name: 'post 10 x 1, claim 10, delete them', connections, fill: 0, keepsFill: false, isDurable: false, traffic: flowing,
    sample: async (url, queue) => {
      const path = `/v1/queues/${queue}/messages`
      const post = await must(url, 'POST', path, postBody(1))
      await must(url, 'POST', path, postBody(9))
      return { 'POST messages': post, ...await sampleWork(url, queue) }
    },
  }
}
