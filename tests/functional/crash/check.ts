/** Compares what servers answer with what clients know. */
import type { Http, MessageShape } from '../../helpers/http.ts'
import type { Ledger } from './ledger.ts'

/** The queues that the load goes to. */
export const QUEUES = ['alpha', 'beta', 'gamma', 'delta'] as const
/** Options of the server that is checked: larger pages make it shorter. */
export const OPTIONS = { MARCONI_TRANSPORT__MAX_MESSAGES_PER_PAGE: '500' } as const

const ALL = 'echo=true&include_claimed=true&limit=500'
const FREE = 'echo=true&limit=500'

interface StatsShape {
  readonly messages: { readonly free: number; readonly claimed: number; readonly total: number }
}

/** Compares a server with the ledger; answers how many messages are stored. */
export async function check(http: Http, ledger: Ledger): Promise<number> {
  let stored = 0
  for (const queue of QUEUES) {
    const all = await http.list(queue, ALL)
    const free = await http.list(queue, FREE)
    ledger.compare(queue, all)
    const { messages: { free: freeCount, claimed, total } } = (await http.get(`/v1/queues/${queue}/stats`)).json<StatsShape>()
    const [counted, found] = [[freeCount, claimed, total], [free.length, all.length - free.length, all.length]]
    if (counted.join() !== found.join()) ledger.violations.push(`${queue} counts ${counted.join()} as free, claimed, total; stored are ${found.join()}`)
    stored += all.length
  }
  await checkClaims(http, ledger)
  return stored
}

async function checkClaims(http: Http, ledger: Ledger): Promise<void> {
  const holders = new Map<string, string>()
  for (const claim of ledger.claims.values()) {
    const { status, json } = await http.get(`/v1/queues/${claim.queue}/claims/${claim.id}`)
    const held = ledger.compareClaim(claim, status === 200 ? json<{ ttl: number; messages: MessageShape[] }>() : null)
    for (const token of held) {
      if (holders.has(token)) ledger.violations.push(`${token} is in two live claims, ${holders.get(token) ?? ''} and ${claim.id}`)
      holders.set(token, claim.id)
    }
    // What was seen to be over stays over: there is nothing to ask again.
    if (held.length === 0) ledger.claims.delete(claim.id)
  }
}
