/** Clients that do a bit of everything, and write down in the ledger what they asked for and what was acknowledged. */
import { idOf, NoAnswer, type Http, type MessageShape, type Reply } from '../../helpers/http.ts'
import type { Random } from '../../helpers/random.ts'
import type { Held, Ledger } from './ledger.ts'
import type { Outages } from './outages.ts'

/** Names for messages, unique in the run. */
let messages = 0

const MESSAGE_TTL = 3600
const CLAIM_TTL = 600

/** What a client works with. */
export interface Client {
  readonly http: Http
  readonly ledger: Ledger
  readonly random: Random
  readonly queues: readonly string[]
  /** Set by the one who ends the round. */
  readonly round: { isOver: boolean }
  /** Where what stores the messages may be out of reach for a while: the 503s of that. */
  readonly outages?: Outages
}

/** Sends a request. Null if the connection broke, or the store was out of reach: then it may have happened or not. */
async function ask(client: Client, method: string, path: string, body?: unknown): Promise<Reply | null> {
  try {
    const reply = await client.http.call(method, path, body)
    return client.outages?.note(reply) ? null : reply
  } catch (error) {
    if (error instanceof NoAnswer) client.ledger.violations.push(error.message)
    return null
  }
}

function unexpected({ ledger }: Client, what: string, { status, text }: Reply): void {
  ledger.violations.push(`${what} was answered with ${String(status)} ${text}`)
}

async function post(client: Client): Promise<void> {
  const { ledger, random, queues } = client
  const queue = random.pick(queues)
  const tokens = Array.from({ length: random.between(1, 5) }, () => `m${String(++messages)}`)
  const posting = ledger.posting(queue, tokens)
  const reply = await ask(client, 'POST', `/v1/queues/${queue}/messages`, tokens.map(body => ({ ttl: MESSAGE_TTL, body })))
  if (reply === null) return
  if (reply.status === 201) ledger.posted(posting, reply.json<{ resources: string[] }>().resources.map(idOf))
  else unexpected(client, 'a post', reply)
}

async function claim(client: Client): Promise<Held | null> {
  const { ledger, random, queues } = client
  const queue = random.pick(queues)
  const asked = ledger.now()
  const reply = await ask(client, 'POST', `/v1/queues/${queue}/claims?limit=${String(random.between(1, 6))}`, { ttl: CLAIM_TTL, grace: 60 })
  if (reply === null || reply.status === 204) return null
  if (reply.status === 201) return ledger.claimed(queue, idOf(String(reply.headers.location)), reply.json<MessageShape[]>(), asked, CLAIM_TTL)
  unexpected(client, 'a claim', reply)
  return null
}

async function deleteOne(client: Client, queue: string, token: string, withClaim: string): Promise<void> {
  const { ledger } = client
  const { id } = ledger.message(token)
  ledger.deleting(token)
  const reply = await ask(client, 'DELETE', `/v1/queues/${queue}/messages/${id ?? ''}${withClaim}`)
  if (reply === null) return
  if (reply.status === 204) ledger.deleted(token)
  else if (reply.status === 403 && withClaim === '') ledger.refused(token)
  else unexpected(client, `a delete of ${token}`, reply)
}

async function release(client: Client, held: Held): Promise<void> {
  client.ledger.releasing(held)
  const reply = await ask(client, 'DELETE', `/v1/queues/${held.queue}/claims/${held.id}`)
  if (reply?.status === 204) client.ledger.released(held)
  else if (reply !== null) unexpected(client, 'a release', reply)
}

async function renew(client: Client, held: Held): Promise<void> {
  const { ledger, random } = client
  const ttl = random.between(1000, 2000)
  ledger.renewing(held, ttl)
  const reply = await ask(client, 'PATCH', `/v1/queues/${held.queue}/claims/${held.id}`, { ttl, grace: 60 })
  if (reply === null) return
  // Others may have deleted all of its messages meanwhile, and the claim with them.
  if (reply.status === 204) ledger.renewed(held, ttl)
  else if (reply.status !== 404 || held.tokens.some(token => ledger.mustBeThere(token))) unexpected(client, `a renewal of ${held.id}`, reply)
}

/** Takes messages and deletes most, releases or keeps the others. */
async function consume(client: Client): Promise<void> {
  const { random, round } = client
  const held = await claim(client)
  if (held === null) return
  if (random.between(0, 3) === 0) await renew(client, held)
  for (const token of held.tokens) {
    // Whoever deletes with a claim must know that it is live: after the round it may be another's.
    if (round.isOver) return
    if (random.between(0, 4) > 0) await deleteOne(client, held.queue, token, `?claim_id=${held.id}`)
  }
  if (random.between(0, 3) > 0) await release(client, held)
}

async function deleteSeveral(client: Client): Promise<void> {
  const { ledger, random, queues } = client
  const queue = random.pick(queues)
  const tokens = ledger.oldest(queue, random.between(1, 4))
  if (tokens.length === 0) return
  ledger.deleting(...tokens)
  const ids = tokens.map(token => ledger.message(token).id)
  const reply = await ask(client, 'DELETE', `/v1/queues/${queue}/messages?ids=${ids.join()}`)
  if (reply?.status === 204) ledger.deleted(...tokens)
  else if (reply !== null) unexpected(client, 'a delete of several', reply)
}

async function deleteUnclaimed(client: Client): Promise<void> {
  const { ledger, random, queues } = client
  const queue = random.pick(queues)
  const token = ledger.oldest(queue, 30).at(-1)
  if (token !== undefined) await deleteOne(client, queue, token, '')
}

const POSTER = [post]
const WORKER = [consume]
const CLEANER = [deleteSeveral, deleteUnclaimed]

/** What each of the clients does, over and over. */
export const ROLES = [POSTER, POSTER, WORKER, WORKER, WORKER, WORKER, WORKER, CLEANER]

/** Does the things of a role until the round is over. */
export async function work(client: Client, role: (typeof ROLES)[number]): Promise<void> {
  while (!client.round.isOver) {
    await client.random.pick<(client: Client) => Promise<unknown>>(role)(client)
    // A refused connection fails at once: let others run.
    await new Promise(resolve => setImmediate(resolve))
  }
}
