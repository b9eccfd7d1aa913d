/** Weighing what a project would keep against what it may. */
import type { NewMessage } from '../model/message.ts'
import type { Allowance, Outcome, Usage } from './contract.ts'

type OverQuota = Extract<Outcome, { readonly is: 'over_quota' }>

/** What messages add to what their project keeps. */
export function weigh(messages: readonly Pick<NewMessage, 'body'>[]): Usage {
  return { messages: messages.length, bytes: messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0) }
}

/** Whether an allowance limits anything. */
export function isLimit({ messages, bytes }: Allowance): boolean {
  return messages !== Infinity || bytes !== Infinity
}

/** What stands in the way of keeping so much more; null if nothing. */
export function excess(used: Usage, more: Usage, allowance: Allowance): OverQuota | null {
  for (const quota of ['messages', 'bytes'] as const) {
    if (used[quota] + more[quota] > allowance[quota]) return { is: 'over_quota', quota, limit: allowance[quota], used: used[quota] }
  }
  return null
}
